// The sidebar's choice of a model, and the sentence on what a model cannot read of the context.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;

  // What there is to choose from comes by itself, when the page is loaded.
  lab.factories.model_list = () => (value) => {
    lab.modelGroups = value.groups;
    lab.modelsListed?.();
  };

  lab.factories.model_choice = ({ root, trigger, props }) => {
    const pick = (name) => {
      props.value = name;
      show(name);
      trigger("input", {});
    };
    const picker = lab.picker({ label: props.config.label, onPick: pick });
    const show = (name) => {
      lab.modelChosen = name;
      picker.update(lab.modelGroups ?? [], name);
      root.dataset.model = name;
    };
    root.replaceChildren(picker.node);
    lab.modelsListed = () => show(props.value);
    return show;
  };

  lab.factories.kept = ({ root }) => {
    const note = h("p", { class: "note", role: "status" });
    root.replaceChildren(note);
    // Said of the context as it was when the model changed; another context is read anew.
    lab.contextChanged = () => lab.setText(note, "");
    return (value) => lab.setText(note, value.note);
  };
})();
