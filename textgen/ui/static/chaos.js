// The Experiments tab: chaos.
(() => {
  const lab = window.TemperatureLab;

  lab.factories.chaos = () => () => {};
})();
