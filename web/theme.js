// Colours, line styles and the charting library's defaults, for the light and the dark scheme.
ogive.theme = (() => {
  // Okabe and Ito's colours, told apart by colour-blind readers; yellow, too pale for lines on paper, is replaced by
  // wine, and black by the ink of the scheme.
  const light = ["#0072b2", "#d55e00", "#1b2430", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#882255"];
  const dark = ["#4aa8e8", "#ff8a3d", "#e7ecf2", "#2fc79a", "#e39ac4", "#8fd0f7", "#f3b73e", "#d46a8f"];
  const dashes = [[], [7, 4], [2, 3]];
  const points = ["circle", "triangle", "rect", "rectRot", "star", "cross", "crossRot", "rectRounded"];

  const dark_wanted = window.matchMedia("(prefers-color-scheme: dark)");
  let chosen = null; // what the reader asked for, before what the system prefers
  let printing = false;

  const scheme = () => (printing ? "light" : chosen || (dark_wanted.matches ? "dark" : "light"));
  const variable = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // An activation keeps its colour, dash and point in the whole page: they follow its place in the question.
  const style = (study, id) => {
    const index = study.acts.findIndex((act) => act.id === id);
    const colours = scheme() === "dark" ? dark : light;
    return {
      colour: colours[index % colours.length],
      dash: dashes[Math.floor(index / colours.length) % dashes.length],
      point: points[index % points.length],
    };
  };

  const faded = (colour, alpha) => colour + Math.round(255 * alpha).toString(16).padStart(2, "0");

  const apply = () => {
    document.documentElement.dataset.scheme = scheme();
    const defaults = Chart.defaults;
    defaults.font.family = getComputedStyle(document.body).fontFamily;
    defaults.font.size = 12;
    defaults.color = variable("--soft");
    defaults.borderColor = variable("--grid");
    defaults.animation = false;
    defaults.maintainAspectRatio = false;
    defaults.plugins.legend.display = false;
    defaults.plugins.tooltip.backgroundColor = variable("--ink");
    defaults.plugins.tooltip.titleColor = variable("--card");
    defaults.plugins.tooltip.bodyColor = variable("--card");
    defaults.plugins.tooltip.usePointStyle = true;
    defaults.plugins.tooltip.padding = 10;
  };

  // Call `changed` whenever the scheme becomes another.
  const follow = (button, changed) => {
    const refresh = () => {
      apply();
      button.textContent = ogive.text(scheme() === "dark" ? "scheme_light" : "scheme_dark");
      changed();
    };
    button.setAttribute("aria-label", ogive.text("scheme_label"));
    button.textContent = ogive.text(scheme() === "dark" ? "scheme_light" : "scheme_dark");
    button.addEventListener("click", () => { chosen = scheme() === "dark" ? "light" : "dark"; refresh(); });
    dark_wanted.addEventListener("change", refresh);
    window.addEventListener("beforeprint", () => { printing = true; refresh(); });
    window.addEventListener("afterprint", () => { printing = false; refresh(); });
  };

  return { apply, follow, style, faded, variable };
})();
