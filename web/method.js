// How the comparison was made and what it cannot say; the settings of the runs.
ogive.method = (study) => {
  const { make, section, table } = ogive.dom;
  const { text } = ogive;
  const { format } = ogive;
  const { method, question, data_path: path, learning_rates: rates, acts } = study.results;
  const { machine } = study.timing;
  const settings = Object.entries({ data: path, ...question.train }).map(([name, value]) => ({ name, value: String(value) }))
    .filter(({ value }) => value !== "");
  const element = section("method", text("method"));
  element.append(make("div", { class: "method" }, ...method.map((paragraph) => make("p", {}, paragraph)),
    machine ? make("p", {}, text("machine", machine)) : null),
  ...(rates ? [make("details", {}, make("summary", {}, text("rates")), table([
    { title: text("col_act"), head: true, cell: (row) => acts.find(({ id }) => id === row.act).text },
    { title: text("col_rate"), cell: (row) => format.short(row.rate) },
    { title: text("col_shared_dice", { rate: format.short(question.learning_rates.start) }), cell: (row) => format.score(row.shared_dice) },
    { title: text("col_own_dice"), cell: (row) => format.score(row.own_dice) },
    { title: text("col_rates_tried"), left: true,
      cell: (row) => row.tried.map(({ rate, dice }) => `${format.short(rate)}: ${format.score(dice)}`).join(", ") },
  ], rates, text("rates"), false))] : []),
  make("details", {}, make("summary", {}, text("settings")), table([
    { title: text("col_setting"), head: true, cell: (row) => make("code", {}, row.name) },
    { title: text("col_value"), left: true, cell: (row) => row.value },
  ], settings, text("settings"), false)));
  return element;
};
