// Held-out images with their ground truth and what each activation's network makes of them.
ogive.pictures = (study) => {
  const { make, section, choice } = ogive.dom;
  const { text, format } = ogive;
  const { examples, colours, question } = study.results;
  if (!examples.length) return null;

  const layerOf = (kind, source) => (/^data:image\/png;base64,/.test(source || "") ? make("img", { class: kind, src: source, alt: "", loading: "lazy" }) : null);
  const picture = (example, title, score, ...layers) => {
    const predicted = layers.some((layer) => layer && layer.className === "errors");
    const stack = make("div", { class: predicted ? "stack predicted" : "stack", role: "img", "aria-label": `${example.name}: ${title}${score ? `, ${text("dice")} ${score}` : ""}` }, ...layers);
    stack.style.setProperty("--ratio", `${example.width} / ${example.height}`);
    return make("figure", {}, stack, make("figcaption", {}, make("b", {}, title), score ? make("span", {}, score) : null));
  };

  // Rows of equal length, of at most seven pictures.
  const count = 2 + study.acts.length;
  const columns = Math.ceil(count / Math.ceil(count / 7));

  const rows = examples.map((example) => make("div", { class: "example" }, make("h3", {}, example.name), make("div", { class: "pictures", style: `--columns: ${columns}` },
    picture(example, text("image"), "", layerOf("base", example.image)),
    picture(example, text("truth"), "", layerOf("base", example.image), layerOf("labels", example.truth)),
    ...example.predictions.map((prediction) => picture(example, study.name(prediction.act), prediction.labels ? format.score(prediction.dice) : text("no_prediction"),
      layerOf("base", example.image), layerOf("labels", prediction.labels), layerOf("errors", prediction.errors))))));

  const key = make("ul", { class: "key" }, ...question.data.classes.slice(1).map((name, k) => {
    const square = make("i");
    square.style.background = `rgb(${colours[k + 1].map(Number).join(", ")})`;
    return make("li", {}, square, name);
  }));
  const holder = make("div", { "data-mode": "overlay" }, ...rows);
  const element = section("pictures", text("pictures"), text("pictures_lead", { seed: study.blocks[0].seed }),
    choice(text("pictures"), { overlay: text("overlay"), labels: text("labels"), errors: text("errors") }, "overlay", (mode) => { holder.dataset.mode = mode; }));
  element.append(key, holder, make("p", { class: "note", style: "margin-top:.8rem" }, text("errors_note")));
  return element;
};
