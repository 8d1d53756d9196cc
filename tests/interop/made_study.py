"""Studies of made-up scores, as folders that ogive reads: for tests of what it says of them."""

import json
import os

ACTS = ["relu", "silu", "tanh", "mish", "sigmoid"]
MARGIN = 0.005


def write_json(path, document):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        json.dump(document, file)


def write_study(folder, scores, folds=0):
    """A study's folder with a run of each score: scores (blocks, acts); block = seed, or seed x folds + fold."""
    blocks, arms = scores.shape
    question = {"acts": ACTS[:arms], "first_seed": 0, "train": {"epochs": 3},
                "data": {"name": "made up", "classes": ["background", "object"]}}
    if folds:
        question["folds"] = folds
    write_json(os.path.join(folder, "study.json"), {
        "format": "ogive-study", "format_version": 1, "kind": "compare", "data_path": "data", "seeds": blocks // max(1, folds), "target_dice": 0.5,
        "confidence": 0.95, "margin": MARGIN,
        "question": question})
    for b in range(blocks):
        for a in range(arms):
            run = "%s-s%d-f%d" % (ACTS[a], b // folds, b % folds) if folds else "%s-s%d" % (ACTS[a], b)
            write_json(os.path.join(folder, "trials", run, "result.json"), {
                "status": "finished", "act": ACTS[a], "seed": b // max(1, folds), "cost": {"ms_per_step": 10.0 + a}, "curve": [],
                "scores": {"mean_dice": float(scores[b, a]), "mean_iou": float(scores[b, a]) / 2, "per_class": []}})
