// The verdict in words, and how far every activation is behind the best.
ogive.verdict = (study) => {
  const { make, section } = ogive.dom;
  const { text, format } = ogive;
  const { verdict, seeds, seeds_asked: asked } = study.results;
  const best = study.name(study.best.id);

  const words = make("div", {},
    make("span", { class: "badge" }, text(`kind_${verdict.kind}`)),
    make("p", { class: "verdict-text" }, verdict.text),
    study.timing.text ? make("p", {}, study.timing.text) : null,
    seeds.length < asked ? make("p", { class: "bad" }, text("partial", { done: seeds.length, asked })) : null);

  const others = study.ranked().filter((act) => act.id !== verdict.best);
  const difference = (act) => act.difference.dice;

  const config = () => {
    const styles = others.map((act) => ogive.theme.style(study, act.id));
    return {
      type: "bar",
      data: {
        labels: others.map((act) => study.name(act.id)),
        datasets: [
          {
            type: "scatter", data: others.map((act) => ({ x: difference(act).mean, y: study.name(act.id) })),
            pointBackgroundColor: styles.map((style) => style.colour), pointBorderColor: ogive.theme.variable("--card"),
            pointRadius: 6, pointHoverRadius: 7,
          },
          {
            data: others.map((act) => (format.known(difference(act).low) ? [difference(act).low, difference(act).high] : null)),
            backgroundColor: styles.map((style) => style.colour), barThickness: 3,
          },
        ],
      },
      options: {
        indexAxis: "y",
        scales: {
          x: ogive.charts.axis(text("lead_axis", { best })),
          y: { ...ogive.charts.axis(""), type: "category", offset: true, ticks: { color: ogive.theme.variable("--ink") } },
        },
        plugins: {
          tooltip: {
            callbacks: {
              title: (items) => study.name(others[items[0].dataIndex].id),
              label: (item) => {
                const value = difference(others[item.dataIndex]);
                return `${format.signed(value.mean)} ${format.range(value)}`;
              },
            },
          },
        },
      },
      plugins: [ogive.charts.bands("x", () => [
        { from: -verdict.margin, to: verdict.margin, colour: ogive.theme.faded(ogive.theme.variable("--accent"), 0.13) },
        { from: -1e-9, to: 1e-9, colour: ogive.theme.variable("--soft") },
      ])],
    };
  };

  const figure = ogive.charts.figure({
    id: "lead", height: Math.max(180, 90 + 30 * others.length), title: text("lead_title"), config,
    caption: text(study.blocks.length > 1 ? "lead_caption" : "lead_caption_one", { best, n: study.blocks.length, blocks: study.blockWord, c: study.confidence, margin: verdict.margin }),
    label: () => `${text("lead_title")}. ${others.map((act) => `${act.text} ${format.signed(difference(act).mean)} ${format.range(difference(act))}`).join("; ")}`,
  });

  const element = section("verdict", text("verdict"));
  element.classList.add("verdict");
  element.dataset.kind = verdict.kind;
  element.append(make("div", { class: "grid2" }, words, figure));
  return element;
};
