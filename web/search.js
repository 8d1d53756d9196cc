// What a search did: the screening, the course, the formulas that were trained with what they cost, and where the finalists come
// from. Nothing in a comparison.
ogive.search = (study) => {
  const { make, section, table } = ogive.dom;
  const { text, format } = ogive;
  const { search } = study.results;
  if (!search) return null;
  const byNumber = new Map(search.formulas.map((formula) => [formula.number, formula]));
  const levels = ["l0", "l1", "l2", "full"];
  const score = (value) => (format.known(value) ? format.score(value) : "–");

  const rejected = table([
    { title: text("search_count"), cell: (row) => String(row.count), key: (row) => row.count },
    { title: text("search_reason"), left: true, cell: (row) => row.words },
    { title: text("search_example"), left: true, cell: (row) => (row.example ? [make("code", {}, row.example), `: ${row.why}`] : "") },
  ], [...search.screening.rejected].sort((a, b) => b.count - a.count), text("search_rejected"), false);

  const rounds = table([
    { title: text("search_stage"), left: true, head: true, cell: (row) => (row.stage === "generation" ? `${text("stage_generation")} ${row.generation + 1}` : text(`stage_${row.stage}`)) },
    { title: text("search_formulas"), cell: (row) => String(row.formulas) },
    { title: text("search_seeds"), cell: (row) => String(row.seeds) },
    { title: text("search_epochs"), cell: (row) => String(row.epochs) },
    { title: text("search_width"), cell: (row) => String(row.width) },
    { title: text("search_best_dice"), cell: (row) => score(row.dice) },
    { title: text("search_best"), left: true, cell: (row) => (byNumber.has(row.best) ? make("code", {}, byNumber.get(row.best).text) : "") },
  ], search.rounds, text("search_rounds"), false);

  const origin = (row) => (row.parents.length ? `${text(`from_${row.from}`)} ${row.parents.join(text("search_and"))}` : text(`from_${row.from}`));
  const most = 60, ranked = [...search.formulas].sort((a, b) => b.level - a.level || b.dice[b.level] - a.dice[a.level]);
  const formulas = table([
    { title: text("search_formula"), left: true, head: true, key: (row) => row.text, cell: (row) => make("code", {}, row.text) },
    { title: text("search_origin"), left: true, key: (row) => row.from, cell: origin },
    { title: text("search_cost"), unit: text("search_cost_unit"), key: (row) => row.cost, cell: (row) => (format.known(row.cost) ? row.cost.toFixed(2) : "–") },
    ...levels.map((level, l) => ({ title: text(`level_${level}`), key: (row) => row.dice[l], cell: (row) => score(row.dice[l]) })),
    { title: text("search_front"), key: (row) => Number(row.on_front), cell: (row) => (row.on_front ? "●" : "") },
  ], ranked.slice(0, most), text("search_trained"));

  // Dice against cost, level by level: values of different levels are not compared.
  let level = Math.max(...search.formulas.filter((row) => search.formulas.filter((other) => format.known(other.dice[row.level])).length > 4).map((row) => row.level), 0);
  const points = (known) => search.formulas.filter((row) => row.known === known && format.known(row.dice[level]) && format.known(row.cost)).map((row) => ({ x: row.cost, y: row.dice[level], row }));
  const front = () => {
    const all = [...points(true), ...points(false)];
    return all.filter((one) => !all.some((other) => other.y >= one.y && other.x <= one.x && (other.y > one.y || other.x < one.x))).sort((a, b) => a.x - b.x);
  };
  const config = () => ({
    type: "scatter",
    data: { datasets: [
      { data: points(false), pointBackgroundColor: ogive.theme.variable("--accent"), pointBorderColor: ogive.theme.variable("--card"), pointRadius: 5 },
      { data: points(true), pointStyle: "rectRot", pointBackgroundColor: ogive.theme.variable("--ink"), pointBorderColor: ogive.theme.variable("--card"), pointRadius: 7 },
      { type: "line", data: front().map(({ x, y }) => ({ x, y })), stepped: true, borderColor: ogive.theme.variable("--soft"), borderWidth: 1.2, borderDash: [4, 4], pointRadius: 0, pointHitRadius: 0 },
    ] },
    options: {
      scales: {
        x: ogive.charts.axis(text("search_cost_axis"), { grace: "6%" }),
        y: ogive.charts.axis(text("axis_dice"), { grace: "8%", ticks: { callback: (tick) => format.fixed(tick, 3) } }),
      },
      plugins: { tooltip: { callbacks: { label: ({ raw }) => (raw.row ? `${raw.row.text}  ${format.score(raw.y)}  ${raw.x.toFixed(2)}` : "") } } },
    },
  });
  const figure = ogive.charts.figure({
    id: "search-front", height: "clamp(280px, 38vw, 380px)", title: text("search_pareto"), caption: text("search_pareto_caption"), config,
    label: () => `${text("search_pareto")}. ${front().map((point) => `${point.row.text}: ${format.score(point.y)}, ${point.x.toFixed(2)}`).join("; ")}`,
  });
  const states = Object.fromEntries(levels.map((name, l) => [l, text(`level_${name}`)]).filter(([l]) => search.formulas.some((row) => format.known(row.dice[l]))));
  const switcher = ogive.dom.choice(text("search_level"), states, String(level), (state) => { level = Number(state); ogive.charts.refreshAll(); });

  // Formulas of the confirmation, each with the line of its mothers below it; a father's own line is folded away, and so is what is
  // far back. What was shown before is only named.
  const rows = new Map(search.ancestry.map((row) => [row.number, row]));
  const children = new Set(search.ancestry.flatMap((row) => [row.mother, row.father]).filter((number) => number !== null));
  const shown = new Set(), recent = 6;
  const name = (row) => [make("code", {}, row.text), ` ${text(`from_${row.from}`)}${rows.has(row.mother) ? " ↓" : ""}`];
  const line = (number) => {
    const chain = [];
    for (let row = rows.get(number); row; row = shown.has(row.number) ? null : rows.get(row.mother)) chain.push(row);
    const items = chain.map((row) => [row, shown.has(row.number)]);
    for (const row of chain) shown.add(row.number);
    const list = (some) => make("ul", { class: "ancestry" }, ...some.map(([row, before]) => {
      const father = before ? null : rows.get(row.father);
      const fold = father && make("details", {}, make("summary", {}, text("search_with"), make("code", {}, father.text)), line(father.number));
      return make("li", {}, ...name(row), before ? text("search_as_above") : null, fold);
    }));
    if (items.length <= recent + 1) return list(items);
    return make("div", {}, list(items.slice(0, recent)), make("details", {}, make("summary", {}, text("search_earlier", { count: items.length - recent })), list(items.slice(recent))));
  };
  const finalists = new Set(study.results.acts.map((act) => act.text));
  const tree = make("div", {}, ...search.ancestry.filter((row) => !children.has(row.number) || finalists.has(row.text)).map((row) => line(row.number)));

  const { places } = search;
  const byPlace = places && [make("h3", {}, text("search_places")), make("p", {}, places.text), places.command ? make("pre", {}, places.command) : "",
    table([
      { title: text("search_places_who"), left: true, head: true, cell: (row) => row.text },
      { title: text("search_cost"), unit: text("search_cost_unit"), key: (row) => row.cost, cell: (row) => (format.known(row.cost) ? row.cost.toFixed(2) : "–") },
      { title: text("search_places_dice"), key: (row) => row.dice, cell: (row) => score(row.dice) },
    ], [...places.everywhere, ...places.tried], text("search_places_tried"))];

  const left = make("details", {}, make("summary", {}, text("search_left_out")),
    make("ul", {}, ...search.operators.left_out.map((row) => make("li", {}, make("code", {}, row.operators), `: ${row.why}`))));

  const element = section("search", text("search"), text("search_lead", { drawn: search.screening.drawn, passed: search.screening.passed, trained: search.formulas.filter((row) => !row.known).length }), switcher);
  element.append(figure, make("h3", {}, text("search_commands")), make("pre", {}, search.commands.join("\n")), make("h3", {}, text("search_tree")), tree,
    ...(byPlace ?? []), make("h3", {}, text("search_trained")), formulas, ranked.length > most ? make("p", {}, text("search_more", { most, all: ranked.length })) : "", make("h3", {}, text("search_rounds")), rounds, make("h3", {}, text("search_rejected")), rejected, left);
  return element;
};
