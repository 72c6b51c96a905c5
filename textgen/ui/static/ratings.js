// The Experiments tab: ratings.
(() => {
  const lab = window.TemperatureLab;

  lab.factories.ratings = () => () => {};
})();
