// The charts of the page: made from functions, so that they can be made again when colours or choices change.
ogive.charts = (() => {
  const entries = [];

  const draw = (entry) => {
    if (entry.chart) entry.chart.destroy();
    const config = entry.config();
    entry.chart = new Chart(entry.canvas, config);
    entry.canvas.setAttribute("aria-label", entry.label());
    entry.canvas.dataset.points = config.data.datasets.reduce((sum, set) => sum + set.data.length, 0);
  };

  /* A figure with a chart.
   *
   * config: () -> the library's configuration;  label: () -> what the chart shows, for those who cannot see it
   * Returns the figure; figure.refresh() draws again. */
  const figure = ({ id, height, title, caption, label, config }) => {
    const { make } = ogive.dom;
    const canvas = make("canvas", { role: "img", id: `chart-${id}` });
    const box = make("div", { class: "chart" }, canvas);
    if (height) box.style.setProperty("--height", typeof height === "number" ? `${height}px` : height);
    const element = make("figure", {}, title ? make("h3", {}, title) : null, box, caption ? make("figcaption", {}, caption) : null);
    const entry = { canvas, config, label: label || (() => title) };
    entries.push(entry);
    element.refresh = () => draw(entry);
    return element;
  };

  // What else is drawn in the colours of the scheme.
  const others = [];
  const onRefresh = (redraw) => others.push(redraw);

  const refreshAll = () => {
    entries.forEach(draw);
    others.forEach((redraw) => redraw());
  };

  const axis = (title, more = {}) => ({
    title: { display: Boolean(title), text: title },
    grid: { color: ogive.theme.variable("--grid"), drawTicks: false, borderColor: ogive.theme.variable("--line") },
    ...more,
    ticks: { padding: 6, maxRotation: 0, ...(more.ticks || {}) },
  });

  // Shades a stripe of an axis behind the data: bands(axis id, () => [{from, to, colour, text}])
  const bands = (axisId, list) => ({
    id: `bands-${axisId}`,
    beforeDatasetsDraw(chart) {
      const scale = chart.scales[axisId], area = chart.chartArea, ctx = chart.ctx;
      ctx.save();
      for (const { from, to, colour, text } of list()) {
        const a = scale.getPixelForValue(from), b = scale.getPixelForValue(to);
        const [x, y, w, h] = scale.isHorizontal() ? [Math.min(a, b), area.top, Math.abs(b - a), area.bottom - area.top]
          : [area.left, Math.min(a, b), area.right - area.left, Math.abs(b - a)];
        ctx.fillStyle = colour;
        ctx.fillRect(x, y, w, h);
        if (!text) continue;
        ctx.fillStyle = ogive.theme.variable("--soft");
        ctx.font = Chart.helpers.toFont({ size: 11, family: Chart.defaults.font.family }).string;
        ctx.textAlign = "center";
        ctx.fillText(text, x + w / 2, area.top - 5);
      }
      ctx.restore();
    },
  });

  // Names beside the points of the first data set: labels(() => [text, ...])
  const labels = (list) => ({
    id: "labels",
    afterDatasetsDraw(chart) {
      const ctx = chart.ctx, names = list();
      ctx.save();
      ctx.fillStyle = ogive.theme.variable("--ink");
      ctx.font = Chart.helpers.toFont({ size: 12, family: Chart.defaults.font.family }).string;
      chart.getDatasetMeta(0).data.forEach((point, i) => ctx.fillText(names[i], point.x + 11, point.y + 4));
      ctx.restore();
    },
  });

  return { figure, refreshAll, onRefresh, axis, bands, labels };
})();
