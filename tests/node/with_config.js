// Loaded before the tests: modules import shell/config.js, which the server writes; here it is the one
// that Python wrote for this run.
import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

registerHooks({
  resolve: (specifier, context, next) => {
    const folder = process.env.VECTORS;
    const ours = !context.parentURL?.includes("/node_modules/");
    const config = folder && ours && /(^|\/)config\.js$/.test(specifier);
    return next(config ? pathToFileURL(join(folder, "config.js")).href : specifier, context);
  },
});
