// All activations together: ranks with the critical difference, every pair, and where the variance of the scores comes from.
ogive.ranking = (study) => {
  const { make, svg, section, choice, act: named } = ogive.dom;
  const { text, format } = ogive;
  const { statistics, verdict } = study.results;
  const { ranks, variance, pairs } = statistics;
  const critical = ranks.critical_difference;

  // Mean ranks on a line, the best at the left; bars join those that are closer than the critical difference.
  const diagram = () => {
    const acts = [...study.acts].sort((a, b) => a.mean_rank - b.mean_rank);
    const width = 760, side = 170, first = 1, last = Math.max(2, acts.length);
    const x = (rank) => side + ((rank - first) / (last - first)) * (width - 2 * side);
    const groups = [];
    acts.forEach((act, i) => {
      let end = i;
      while (format.known(critical) && end + 1 < acts.length && acts[end + 1].mean_rank - act.mean_rank <= critical) end++;
      if (end > i && !groups.some((group) => group.end >= end)) groups.push({ start: i, end });
    });
    const half = Math.ceil(acts.length / 2), axisY = format.known(critical) ? 62 : 34, labelsY = axisY + 26 + 9 * groups.length, row = 24;
    const height = labelsY + row * half;
    const parts = [svg("line", { x1: x(first), x2: x(last), y1: axisY, y2: axisY, class: "rank-axis" })];
    for (let rank = first; rank <= last; rank++)
      parts.push(svg("line", { x1: x(rank), x2: x(rank), y1: axisY - 6, y2: axisY, class: "rank-axis" }), svg("text", { x: x(rank), y: axisY - 11, "text-anchor": "middle", class: "rank-tick" }, String(rank)));
    if (format.known(critical)) {
      const end = Math.min(x(first + critical), width - 4);
      parts.push(svg("path", { d: `M${x(first)} 12v8M${x(first)} 16H${end}M${end} 12v8`, class: "rank-critical" }),
        svg("text", { x: Math.min(end + 8, width - 120), y: end > width - 140 ? 34 : 20, class: "rank-tick" }, text("critical", { value: critical.toFixed(2) })));
    }
    groups.forEach((group, i) => parts.push(svg("line", { x1: x(acts[group.start].mean_rank) - 4, x2: x(acts[group.end].mean_rank) + 4, y1: axisY + 11 + 9 * i, y2: axisY + 11 + 9 * i, class: "rank-group" })));
    acts.forEach((act, i) => {
      const left = i < half, y = labelsY + row * (left ? i : acts.length - 1 - i), edge = left ? side - 12 : width - side + 12;
      parts.push(svg("path", { d: `M${x(act.mean_rank)} ${axisY}V${y}H${edge}`, class: "rank-lead", stroke: ogive.theme.style(study, act.id).colour }),
        svg("text", { x: left ? edge - 6 : edge + 6, y: y + 4, "text-anchor": left ? "end" : "start", class: "rank-name" }, `${study.name(act.id)}  `, svg("tspan", { class: "rank-tick" }, act.mean_rank.toFixed(2))));
    });
    const words = acts.map((act) => `${act.text} ${act.mean_rank.toFixed(2)}`).join("; ");
    return svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "ranks", role: "img", "aria-label": `${text("ranks")}. ${words}` }, ...parts);
  };

  const rankCaption = format.known(critical)
    ? text("ranks_caption", { p: format.probability(ranks.iman_davenport_p), alpha: format.short(verdict.alpha) }) : text(study.folds ? "ranks_caption_folds" : "ranks_caption_few", { n: study.blocks.length });
  const figure = make("figure", {}, make("h3", {}, text("ranks")), make("div", { class: "scroll", "data-redraw": true }, diagram()), make("figcaption", {}, rankCaption));
  ogive.charts.onRefresh(() => figure.querySelector("[data-redraw]").replaceChildren(diagram()));

  // Row against column.
  const kinds = {
    win_share: { cell: (pair) => format.percent(pair.win_share), more: (pair) => `[${format.percent(pair.win_low)}, ${format.percent(pair.win_high)}]`, amount: (pair) => pair.win_share },
    above: { cell: (pair) => format.probability(pair.above), amount: (pair) => pair.above },
    inside: { cell: (pair) => format.probability(pair.inside), amount: (pair) => pair.inside },
    mean: { cell: (pair) => format.signed(pair.mean), more: (pair) => format.range(pair), amount: (pair) => (pair.low > 0 ? 1 : 0) },
  };
  const holder = make("div");
  const caption = make("p", { class: "note" });
  const show = (kind) => {
    const order = study.ranked().map((act) => study.acts.indexOf(act));
    const { cell, more, amount } = kinds[kind];
    const cellOf = (row, column) => {
      const pair = pairs[row][column];
      if (!pair) return make("td", { class: "same" }, "·");
      const element = make("td", { class: "shade" }, cell(pair), more ? make("small", {}, more(pair)) : null);
      element.style.setProperty("--amount", `${45 * (amount(pair) || 0)}%`);
      return element;
    };
    holder.replaceChildren(make("div", { class: "scroll dense", tabindex: 0, role: "region", "aria-label": text("pairs") }, make("table", { "aria-label": text("pairs"), class: "pairs" },
      make("thead", {}, make("tr", {}, make("th", { scope: "col" }, text("pairs_corner")), ...order.map((column) => make("th", { scope: "col" }, study.name(study.acts[column].id))))),
      make("tbody", {}, ...order.map((row) => make("tr", {}, make("th", { scope: "row" }, named(study, study.acts[row].id)), ...order.map((column) => cellOf(row, column))))))));
    caption.textContent = text(`pairs_${kind}`, { margin: verdict.margin, c: study.confidence });
  };
  const known = verdict.tested ? ["win_share", "above", "inside", "mean"] : ["win_share", "mean"];
  show("win_share");

  const element = section("ranking", text("ranking"), text("ranking_lead"));
  element.append(figure, make("div", { class: "head", style: "margin-top:1.4rem" }, make("div", {}, make("h3", {}, text("pairs")), caption),
    choice(text("pairs"), Object.fromEntries(known.map((kind) => [kind, text(`pairs_${kind}_short`, { margin: verdict.margin })])), "win_share", show)), holder);

  // Shares of the variance as one bar.
  const bar = (title, caption, from, names) => {
    const parts = names.map((name) => ({ name, value: from[name] }));
    const total = parts.reduce((sum, part) => sum + part.value, 0);
    if (!(total > 0)) return;
    element.append(make("figure", { class: "variance" }, make("h3", {}, title),
      make("div", { class: "bar", role: "img", "aria-label": parts.map((part) => `${text(`variance_${part.name}`)}: ${format.percent(part.value / total)}`).join("; ") },
        ...parts.filter((part) => part.value > 0).map((part) => {
          const piece = make("span", { class: `part-${part.name}`, title: text(`variance_${part.name}`) }, part.value / total > 0.07 ? format.percent(part.value / total) : "");
          piece.style.width = `${100 * part.value / total}%`;
          return piece;
        })),
      make("ul", { class: "key" }, ...parts.map((part) => make("li", {}, make("i", { class: `part-${part.name}` }), `${text(`variance_${part.name}`)}: ${text("variance_sd", { sd: Math.sqrt(part.value).toFixed(4) })}`))),
      make("figcaption", {}, caption)));
  };
  bar(text("variance"), text("variance_caption"), variance, ["block", "act", "run"]);
  if (statistics.fold_variance) bar(text("fold_variance"), text("fold_variance_caption"), statistics.fold_variance, ["seed", "fold", "run"]);
  return element;
};
