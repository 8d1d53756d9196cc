// How the comparison was made and what it cannot say; the settings of the runs.
ogive.method = (study) => {
  const { make, section, table } = ogive.dom;
  const { text } = ogive;
  const { method, question, data_path: path } = study.results;
  const { machine } = study.timing;
  const settings = Object.entries({ data: path, ...question.train }).map(([name, value]) => ({ name, value: String(value) }))
    .filter(({ value }) => value !== "");
  const element = section("method", text("method"));
  element.append(make("div", { class: "method" }, ...method.map((paragraph) => make("p", {}, paragraph)),
    machine ? make("p", {}, text("machine", machine)) : null),
  make("details", {}, make("summary", {}, text("settings")), table([
    { title: text("col_setting"), head: true, cell: (row) => make("code", {}, row.name) },
    { title: text("col_value"), left: true, cell: (row) => row.value },
  ], settings, text("settings"), false)));
  return element;
};
