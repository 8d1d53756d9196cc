// Start: read the report in the page, build the sections, and say in the page itself how that went (for the tests).
(() => {
  const root = document.documentElement;
  const errors = [];
  const note = (problem) => { errors.push(String(problem)); root.dataset.errors = JSON.stringify(errors); };
  root.dataset.errors = "[]";
  window.addEventListener("error", (event) => note(event.message));
  window.addEventListener("unhandledrejection", (event) => note(event.reason));
  for (const level of ["error", "warn"]) {
    const print = console[level].bind(console);
    console[level] = (...things) => { note(things.join(" ")); print(...things); };
  }

  const { make } = ogive.dom;
  const { text } = ogive;

  const fillFacts = (study) => {
    const { question, seeds } = study.results;
    const { train, data } = question;
    document.title = `ogive: ${data.name}`;
    document.getElementById("question").textContent = text(study.results.search ? "question_search" : "question", { data: data.name });
    const facts = [
      text("fact_acts", { n: study.acts.length }), text(seeds.length > 1 ? "fact_seeds" : "fact_seed", { n: seeds.length }), ...(study.folds ? [text("fact_folds", { n: study.folds })] : []),
      text("fact_classes", { n: data.classes.length }), text("fact_images", { train: data.train_images, validation: data.validation_images }),
      text("fact_net", train), text("fact_epochs", { n: train.epochs }),
    ];
    document.getElementById("facts").replaceChildren(...facts.map((fact) => make("li", {}, fact)));
    document.getElementById("colophon").textContent = text("colophon", { version: study.report.ogive });
  };

  // Activations can be hidden and shown in all charts at once.
  const fillLegend = (study) => {
    const legend = document.getElementById("legend");
    legend.setAttribute("aria-label", text("legend_label"));
    const buttons = study.acts.map((act) => make("button", { type: "button", "aria-pressed": "true", onclick: (event) => {
      const on = !study.isShown(act.id);
      study.show(act.id, on);
      event.currentTarget.setAttribute("aria-pressed", String(on));
      ogive.charts.refreshAll();
    } }, ogive.dom.act(study, act.id)));
    const all = make("button", { type: "button", onclick: () => {
      study.acts.forEach((act) => study.show(act.id, true));
      buttons.forEach((button) => button.setAttribute("aria-pressed", "true"));
      ogive.charts.refreshAll();
    } }, text("all"));
    legend.replaceChildren(make("span", { class: "legend-name" }, text("legend")), ...buttons, all);
  };

  const fillContents = (sections) => document.getElementById("contents").replaceChildren(...sections.map((section) =>
    make("a", { href: `#${section.id}` }, text(`nav_${section.id}`))));

  const start = () => {
    for (const element of document.querySelectorAll("[data-text]")) element.textContent = text(element.dataset.text);
    const report = JSON.parse(document.getElementById("report").textContent);
    ogive.theme.apply();
    if (report.results.kind === "tune") {
      const sections = ogive.tuned(report);
      document.getElementById("sections").replaceChildren(...sections);
      fillContents(sections);
      ogive.charts.refreshAll();
      ogive.theme.follow(document.getElementById("scheme"), ogive.charts.refreshAll);
      return;
    }
    const study = ogive.study(report);
    fillFacts(study);
    fillLegend(study);
    const build = [ogive.verdict, ogive.search, ogive.advice, ogive.results, ogive.ranking, ogive.runs, ogive.curves, ogive.cost, ogive.target, ogive.activations, ogive.health, ogive.pictures, ogive.method];
    const sections = build.map((make_section) => make_section(study)).filter(Boolean);
    document.getElementById("sections").replaceChildren(...sections);
    fillContents(sections);
    ogive.charts.refreshAll();
    ogive.theme.follow(document.getElementById("scheme"), () => { ogive.dom.refreshSwatches(study); ogive.charts.refreshAll(); });
  };

  try {
    start();
  } catch (problem) {
    note(problem.stack || problem);
    document.getElementById("sections").prepend(make("p", { class: "bad" }, String(problem)));
  }
  root.dataset.ready = "yes";
})();
