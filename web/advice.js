// What the runs suggest, each with the numbers that it rests on.
ogive.advice = (study) => {
  const { make, section } = ogive.dom;
  const { text } = ogive;
  const advice = study.report.advice || [];
  if (advice.length === 0) return null;
  const element = section("advice", text("advice"), text("advice_lead"));
  element.append(make("ol", { class: "advice" }, ...advice.map((row) => make("li", { "data-rule": row.rule },
    make("p", { class: "what" }, row.text), make("p", { class: "why" }, row.evidence)))));
  return element;
};
