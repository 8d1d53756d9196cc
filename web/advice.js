// What the runs suggest, each with the numbers that it rests on.
ogive.advice = (study) => {
  const { make, section } = ogive.dom;
  const { text } = ogive;
  const advice = study.report.advice || [];
  if (advice.length === 0) return null;
  // An option's name stays in one piece.
  const words = (sentence) => sentence.split(/(--[\w-]+)/).map((part) => (part.startsWith("--") ? make("span", { class: "option" }, part) : part));
  const element = section("advice", text("advice"), text("advice_lead"));
  element.append(make("ol", { class: "advice" }, ...advice.map((row) => make("li", { "data-rule": row.rule },
    make("p", { class: "what" }, ...words(row.text)), make("p", { class: "why" }, ...words(row.evidence))))));
  return element;
};
