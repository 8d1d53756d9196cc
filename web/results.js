// The table of results, and the one by class.
ogive.results = (study) => {
  const { make, section, choice, act: named, table } = ogive.dom;
  const { text, format } = ogive;
  const { verdict, target_dice: target, question } = study.results;
  const seeds = study.blocks;
  const isBest = (act) => act.id === verdict.best;
  const goal = format.score(target.value);

  const difference = (act, score) => isBest(act) ? text("best")
    : [format.signed(act.difference[score].mean), make("small", {}, format.range(act.difference[score]))];
  const standing = (act) => ["behind", "equivalent"].includes(act.standing) ? [make("small", { class: "mark" }, text(`standing_${act.standing}`))] : [];
  const spread = (score) => [format.score(score.mean), format.known(score.sd) ? make("small", {}, `± ${score.sd.toFixed(3)}`) : ""];
  const timeToTarget = (act) => {
    const { median, reached, runs } = act.epochs_to_target;
    return [format.known(median) ? format.seconds(study.cost(act.id).seconds_to_target.median) : text("never"),
      make("small", {}, format.known(median) ? text("col_epochs_short", { n: format.short(median) }) : ""),
      make("small", {}, reached < runs ? text("reached", { n: reached, runs }) : "")];
  };

  const probability = (act, name, more) => [format.probability(act[name]), more && format.known(act[more]) ? make("small", {}, text("wilcoxon", { p: format.probability(act[more]) })) : ""];
  const wins = (act) => [format.percent(act.win_share), make("small", {}, format.known(act.win_low) ? `[${format.percent(act.win_low)}, ${format.percent(act.win_high)}]` : "")];
  const costs = (act) => study.cost(act.id);

  const columnsOf = (score) => [
    { title: text("col_act"), head: true, key: (act) => act.text, cell: (act) => named(study, act.id, ...standing(act)) },
    { title: text(score), unit: text("col_spread"), key: (act) => act[score].mean, cell: (act) => spread(act[score]) },
    { title: text("col_dice_diff"), unit: text("col_interval", { c: study.confidence }), key: (act) => act.difference[score].mean, cell: (act) => difference(act, score) },
    verdict.tested ? { title: text("col_p"), unit: text("col_p_unit"), key: (act) => act.p_adjusted, cell: (act) => probability(act, "p_adjusted", "wilcoxon_p_adjusted") } : null,
    verdict.tested ? { title: text("col_best"), key: (act) => act.best_share, cell: (act) => probability(act, "best_share") } : null,
    { title: text("col_win"), unit: text("col_win_unit"), key: (act) => act.win_share, cell: wins },
    { title: text("col_rank"), key: (act) => act.mean_rank, cell: (act) => format.fixed(act.mean_rank, 2) },
    { title: text("col_target", { target: goal }), unit: text("col_target_unit"), key: (act) => costs(act).seconds_to_target.median, cell: timeToTarget },
    { title: text("col_step"), unit: text("col_step_unit"), key: (act) => costs(act).ms_per_step,
      cell: (act) => [format.fixed(costs(act).ms_per_step, 1), costs(act).pareto ? make("small", { title: text("pareto_title") }, text("pareto")) : ""] },
    { title: text("col_memory"), unit: text("col_memory_unit"), key: (act) => costs(act).peak_bytes, cell: (act) => format.mebibytes(costs(act).peak_bytes) },
    { title: text("col_failures"), key: (act) => act.failures, cell: (act) => make("span", { class: act.failures ? "bad" : "" }, String(act.failures)) },
  ].filter(Boolean);
  const columns = columnsOf("dice");

  const board = make("div");
  const showTable = (score) => board.replaceChildren(table(columnsOf(score), study.ranked(), text("results")));
  showTable("dice");
  const element = section("results", text("results"), text("results_lead", { best: study.name(verdict.best), c: study.confidence }),
    choice(text("results"), { dice: text("dice"), iou: text("iou") }, "dice", showTable));
  element.append(board);
  if (!verdict.tested)
    element.append(make("p", { class: "note" }, text(study.folds ? "no_p_folds" : seeds.length > 1 ? "no_p" : "no_p_one", { n: seeds.length, p: format.short(2 ** (1 - seeds.length)), least: verdict.blocks_least, alpha: format.short(verdict.alpha) })));

  const span = 0.05; // of Dice or IoU, over which the shade of a class fades
  const holder = make("div", { class: "dense" });
  const showClasses = (score) => {
    const names = question.data.classes.slice(1);
    const at = (act, index) => act.per_class.find((row) => row.index === index);
    const amounts = (index) => {
      const values = study.acts.map((act) => at(act, index)[score].mean).filter(format.known);
      const high = Math.max(...values);
      if (!values.some((value) => value < high)) return () => 0;
      return (act) => 30 * Math.max(0, 1 - (high - (at(act, index)[score].mean ?? -1)) / span);
    };
    const classColumns = names.map((name, k) => ({
      title: name, key: (act) => at(act, k + 1)[score].mean, shade: amounts(k + 1),
      cell: (act) => {
        const row = at(act, k + 1);
        const change = row.difference[score];
        return [format.score(row[score].mean), make("small", {}, isBest(act) || !format.known(change.mean) ? "" : format.signed(change.mean)),
          make("small", {}, isBest(act) ? "" : format.range(change))];
      },
    }));
    holder.replaceChildren(table([columns[0], ...classColumns], study.ranked(), `${text("per_class")}, ${text(score)}`));
  };
  showClasses("dice");
  element.append(make("details", { open: true }, make("summary", {}, text("per_class")),
    make("div", { class: "head" }, make("p", { class: "note" }, text("per_class_lead", { best: study.name(verdict.best), c: study.confidence, span })),
      choice(text("per_class"), { dice: text("dice"), iou: text("iou") }, "dice", showClasses)),
    holder));
  return element;
};
