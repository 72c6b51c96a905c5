// The Experiments tab: sweep.
(() => {
  const lab = window.TemperatureLab;

  lab.factories.sweep = () => () => {};
})();
