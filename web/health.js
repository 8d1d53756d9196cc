// What happened inside the networks, by layer: gradients, saturated and dead units, outputs.
ogive.health = (study) => {
  const { make, section, choice, act: named, table } = ogive.dom;
  const { text, format } = ogive;
  let moment = "last";

  const layers = (study.acts.map((act) => act.health.first).find((rows) => rows.length) || []);
  const short = (name) => name.replace(/^encoder\./, "e").replace(/^decoder\./, "d").replace(/^bottleneck\.?/, "b");

  // The parts of the network as shaded stripes.
  const stripes = () => {
    const list = [];
    layers.forEach((row, i) => {
      const open = list[list.length - 1];
      if (open && open.text === row.place) open.to = i + 0.5;
      else list.push({ text: row.place, from: i - 0.5, to: i + 0.5 });
    });
    const shade = ogive.theme.faded(ogive.theme.variable("--histogram"), 0.22);
    return list.map((stripe, i) => ({ ...stripe, colour: i % 2 ? shade : "transparent" }));
  };

  const chart = (id, height, value, axis) => ogive.charts.figure({
    id: `health-${id}`, height, title: text(id), caption: text(`${id.replace("_out", "")}_caption`),
    label: () => `${text(id)}. ${study.shown().map((act) => `${act.text}: ${act.health[moment].map((row) => format.short(value(row))).join(" ")}`).join("; ")}`,
    config: () => ({
      type: "line",
      data: { datasets: study.shown().flatMap((act) => {
        const style = ogive.theme.style(study, act.id);
        const measured = { label: study.name(act.id), data: act.health[moment].map((row, i) => ({ x: i, y: value(row) })), borderColor: style.colour, backgroundColor: style.colour,
          borderDash: style.dash, borderWidth: 1.8, pointRadius: 2.6, pointStyle: style.point, pointHitRadius: 8 };
        if (id !== "gradient" || !format.known(act.gradient.predicted)) return [measured];
        // From the second layer of each stage to the first, as the formula alone predicts.
        const rows = act.health[moment];
        const pairs = rows.flatMap((row, i) => (i + 1 < rows.length && rows[i + 1].place === row.place && rows[i + 1].stage === row.stage && rows[i + 1].gradient_rms > 0
          ? [{ x: i, y: rows[i + 1].gradient_rms * act.gradient.predicted }, { x: i + 1, y: rows[i + 1].gradient_rms }, { x: i + 1, y: null }] : []));
        return [measured, { label: `${study.name(act.id)} ${text("predicted")}`, data: pairs, borderColor: ogive.theme.faded(style.colour, 0.5), borderDash: [2, 3], borderWidth: 1.4, pointRadius: 0 }];
      }) },
      options: {
        layout: { padding: { top: 18 } }, interaction: { mode: "nearest", intersect: true },
        scales: {
          x: ogive.charts.axis("", { type: "linear", min: -0.5, max: layers.length - 0.5, grid: { display: false },
            afterBuildTicks: (scale) => { scale.ticks = layers.map((_, i) => ({ value: i })); },
            ticks: { callback: (tick) => (layers[tick] ? short(layers[tick].layer) : ""), maxRotation: 60, autoSkip: true } }),
          y: ogive.charts.axis(text(`${id.replace("_out", "")}_axis`), axis),
        },
        plugins: { tooltip: { callbacks: {
          title: (items) => layers[items[0].parsed.x].layer,
          label: (item) => `${item.dataset.label}  ${axis.percent ? format.percent(item.parsed.y) : format.short(item.parsed.y)}`,
        } } },
      },
      plugins: [ogive.charts.bands("x", stripes)],
    }),
  });

  // 1, 2 and 5 times a power of ten are labelled, "2·10⁻⁵".
  const power = (tick) => {
    const [digit, exponent] = tick.toExponential(0).split("e");
    const raised = exponent.replace("+", "").replace(/./g, (sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)]);
    return ["1", "2", "5"].includes(digit) && Number(`${digit}e${exponent}`) === tick ? `${digit === "1" ? "" : `${digit}·`}10${raised}` : "";
  };
  const powers = { type: "logarithmic", ticks: { callback: power } };
  const share = { percent: true, beginAtZero: true, suggestedMax: 0.05, ticks: { callback: (tick) => `${Number((100 * tick).toPrecision(3))} %` } };
  const charts = [
    chart("gradient", 330, (row) => (row.gradient_rms > 0 ? row.gradient_rms : null), powers),
    chart("saturated", 270, (row) => row.saturated_left + row.saturated_right, share),
    chart("dead", 270, (row) => row.dead, share),
    chart("mean_out", 270, (row) => row.mean, {}),
    chart("sd_out", 270, (row) => row.sd, { beginAtZero: true }),
  ];

  // Over the epochs: one layer, or at each epoch the worst.
  const course = { key: "dead", layer: "" };
  const quantities = {
    dead: (at, epoch, layer) => at.dead[epoch][layer],
    saturated: (at, epoch, layer) => at.saturated_left[epoch][layer] + at.saturated_right[epoch][layer],
    gradient: (at, epoch, layer) => at.gradient_rms[epoch][layer],
  };
  const watched = study.acts.some((act) => act.health.course && act.health.course.epochs.length);
  const coursePoints = (act) => act.health.course.epochs.map((epoch, i) => {
    const values = layers.map((_, l) => quantities[course.key](act.health.course, i, l)).filter((_, l) => course.layer === "" || l === Number(course.layer)).filter(format.known);
    const worst = course.key === "gradient" ? Math.min(...values) : Math.max(...values);
    return { x: epoch, y: values.length && (course.key !== "gradient" || worst > 0) ? worst : null };
  });
  const courseFigure = watched ? ogive.charts.figure({
    id: "health-course", height: 270, title: text("course"), caption: text("course_caption"),
    label: () => `${text("course")}. ${study.shown().map((act) => `${act.text}: ${coursePoints(act).map((point) => format.short(point.y)).join(" ")}`).join("; ")}`,
    config: () => ({
      type: "line",
      data: { datasets: study.shown().map((act) => {
        const style = ogive.theme.style(study, act.id);
        return { label: study.name(act.id), data: coursePoints(act), borderColor: style.colour, backgroundColor: style.colour, borderDash: style.dash, borderWidth: 1.8, pointRadius: 1.5, pointHitRadius: 8 };
      }) },
      options: {
        parsing: false, interaction: { mode: "nearest", intersect: true },
        scales: { x: ogive.charts.axis(text("axis_epoch"), { type: "linear", ticks: { precision: 0 } }), y: ogive.charts.axis(text(`${course.key}_axis`), course.key === "gradient" ? powers : share) },
        plugins: { tooltip: { callbacks: {
          title: (items) => `${text("axis_epoch")} ${items[0].parsed.x}`,
          label: (item) => `${item.dataset.label}  ${course.key === "gradient" ? format.short(item.parsed.y) : format.percent(item.parsed.y)}`,
        } } },
      },
    }),
  }) : null;
  const pick = make("select", { onchange: () => { course.layer = pick.value; courseFigure.refresh(); } },
    make("option", { value: "" }, text("worst_layer")), ...layers.map((row, l) => make("option", { value: l }, row.layer)));

  const said = study.results.runs.flatMap((run) => (run.warnings || []).map((warning) => ({ run, warning })));
  const warnings = said.length ? table([
    { title: text("col_act"), head: true, key: (row) => study.name(row.run.act), cell: (row) => named(study, row.run.act) },
    { title: text("col_seed"), key: (row) => row.run.seed, cell: (row) => String(row.run.seed) },
    { title: text("axis_epoch"), key: (row) => row.warning.epoch, cell: (row) => String(row.warning.epoch) },
    { title: text("col_warning"), left: true, key: (row) => row.warning.warning, cell: (row) => make("span", { class: row.warning.serious && row.warning.state === "begins" ? "bad" : null, style: "white-space:normal" }, row.warning.text) },
  ], said, text("warnings")) : make("p", { class: "note" }, text("no_warnings"));

  const factor = (value) => (format.known(value) ? `× ${value.toFixed(2)}` : format.none);
  const growth = table([
    { title: text("col_act"), head: true, key: (act) => act.text, cell: (act) => named(study, act.id) },
    { title: text("col_predicted"), key: (act) => act.gradient.predicted, cell: (act) => factor(act.gradient.predicted) },
    { title: text("col_first"), key: (act) => act.gradient.first.mean, cell: (act) => factor(act.gradient.first.mean) },
    { title: text("col_last"), key: (act) => act.gradient.last.mean, cell: (act) => factor(act.gradient.last.mean) },
  ], study.acts, text("growth"));

  const warned = make("details", { open: said.length > 0 && said.length <= 12 }, make("summary", {}, `${text("warnings")} (${said.length})`), make("p", { class: "note" }, text("warnings_caption")), warnings);
  const learned = study.acts.flatMap((act) => (act.learned || []).map((param) => ({ act, param })));
  const element = section("health", text("health"), text("health_lead"),
    choice(text("health"), { first: text("first_step"), last: text("last_epoch") }, moment, (state) => { moment = state; charts.forEach((figure) => figure.refresh()); }));
  element.append(warned);
  if (courseFigure)
    element.append(make("div", { class: "choices", style: "margin:1.2rem 0 0.6rem" },
      choice(text("course"), { dead: text("dead"), saturated: text("saturated"), gradient: text("gradient") }, course.key, (key) => { course.key = key; courseFigure.refresh(); }),
      make("label", { class: "pick" }, text("layer"), pick)), courseFigure);
  element.append(charts[0],
    make("details", { open: true }, make("summary", {}, text("growth")), make("p", { class: "note" }, text("growth_caption")), growth),
    make("div", { class: "grid2", style: "margin-top:1.4rem" }, ...charts.slice(1)));
  if (learned.length)
    element.append(make("h3", {}, text("learned")), make("p", { class: "note" }, text("learned_caption")), table([
      { title: text("col_act"), head: true, key: (row) => row.act.text, cell: (row) => named(study, row.act.id) },
      { title: text("col_param"), left: true, key: (row) => row.param.name, cell: (row) => make("code", {}, row.param.name) },
      { title: text("col_initial"), key: (row) => row.param.initial, cell: (row) => format.short(row.param.initial) },
      { title: text("col_learned"), key: (row) => row.param.mean, cell: (row) => `${format.short(row.param.mean)} [${format.short(row.param.min)}, ${format.short(row.param.max)}]` },
    ], learned, text("learned")));
  return element;
};
