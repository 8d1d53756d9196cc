// Each activation with its derivative, over the histogram of the inputs that the trained networks gave it.
ogive.activations = (study) => {
  const { make, section } = ogive.dom;
  const { text, format } = ogive;
  let layer = "";

  // Counts of the chosen layer, or of all layers, as shares per bin.
  const histogram = (act) => {
    const layers = act.health.last.filter((row) => !layer || row.layer === layer);
    if (!layers.length) return { points: [], outside: null };
    const { lo, hi, counts } = layers[0].histogram;
    const sums = counts.map((_, bin) => layers.reduce((sum, row) => sum + row.histogram.counts[bin], 0));
    const beyond = layers.reduce((sum, row) => sum + row.histogram.below + row.histogram.above, 0);
    const total = sums.reduce((sum, count) => sum + count, beyond);
    const width = (hi - lo) / counts.length;
    const all = sums.map((count, bin) => ({ x: lo + (bin + 0.5) * width, y: total ? count / total : 0 }));
    const points = all.filter((point) => Math.abs(point.x) <= 6);
    return { points, outside: total ? 1 - points.reduce((sum, point) => sum + point.y, 0) : null };
  };

  const config = (act) => () => {
    const style = ogive.theme.style(study, act.id);
    const { x, y, dy } = act.curve;
    const line = (values) => x.map((at, i) => ({ x: at, y: values[i] })).filter((point) => format.known(point.y));
    const shade = ogive.theme.variable("--histogram");
    const bars = histogram(act).points;
    return {
      type: "line",
      data: { datasets: [
        { label: text("key_f"), data: line(y), borderColor: style.colour, borderWidth: 2.4, pointRadius: 0, order: 1 },
        { label: text("key_df"), data: line(dy), borderColor: ogive.theme.variable("--ink"), borderWidth: 1.4, borderDash: [5, 3], pointRadius: 0, order: 2 },
        { label: text("key_histogram"), data: bars, yAxisID: "share", stepped: "middle", fill: "origin", backgroundColor: shade, borderWidth: 0, pointRadius: 0, order: 3 },
      ] },
      options: {
        parsing: false, interaction: { mode: "index", axis: "x", intersect: false },
        scales: {
          x: ogive.charts.axis("", { type: "linear", min: -6, max: 6, ticks: { stepSize: 2 } }),
          y: ogive.charts.axis("", { suggestedMin: -1, suggestedMax: 2, max: 3, min: -1.2, ticks: { stepSize: 1, callback: (tick) => (Number.isInteger(tick) ? format.short(tick) : "") } }),
          share: { axis: "y", display: false, beginAtZero: true, max: 1.6 * Math.max(0.01, ...bars.map((point) => point.y)) },
        },
        plugins: { tooltip: { callbacks: {
          title: (items) => `x ≈ ${format.fixed(items[0].parsed.x, 2)}`,
          label: (item) => `${item.dataset.label}  ${item.datasetIndex === 2 ? format.percent(item.parsed.y) : format.short(item.parsed.y)}`,
        } } },
      },
    };
  };

  const parameter = ({ name, value, learn }) => `${name} = ${format.short(value)}${learn === "no" ? "" : ` (${text(`learn_${learn}`)})`}`;

  const cards = study.acts.map((act) => {
    const beyond = make("span", { class: "formula" });
    const figure = ogive.charts.figure({
      id: `act-${study.acts.indexOf(act)}`, height: 200, config: config(act),
      label: () => `${act.text}: ${act.formula}; ${text("derivative")} ${act.derivative}`,
    });
    figure.prepend(make("h3", {}, ogive.dom.act(study, act.id)));
    figure.append(make("code", { class: "formula" }, `f = ${act.formula}`), make("code", { class: "formula" }, `f′ = ${act.derivative}`),
      act.params.length ? make("code", { class: "formula" }, act.params.map(parameter).join(", ")) : "", beyond);
    figure.update = () => {
      const { outside } = histogram(act);
      beyond.textContent = format.known(outside) && outside > 0.0005 ? text("outside", { share: format.percent(outside) }) : "";
    };
    figure.update();
    return figure;
  });

  const layers = study.acts.map((act) => act.health.last).find((rows) => rows.length) || [];
  const select = make("select", { onchange: () => { layer = select.value; cards.forEach((card) => { card.update(); card.refresh(); }); } },
    make("option", { value: "" }, text("all_layers")), ...layers.map((row) => make("option", { value: row.layer }, row.layer)));
  const key = (colour, label, dashed) => make("li", {}, make("i", { style: dashed ? `height:0;border-top:2px ${dashed} ${colour}` : `background:${colour}` }), label);
  const element = section("activations", text("acts"), text("acts_lead"), make("label", { class: "pick" }, text("layer"), select));
  element.append(make("ul", { class: "key" }, key("var(--accent)", text("key_f"), "solid"), key("var(--ink)", text("key_df"), "dashed"), key("var(--histogram)", text("key_histogram"))),
    make("div", { class: "cards" }, ...cards));
  return element;
};
