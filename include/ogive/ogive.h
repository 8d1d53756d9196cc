/* The whole public API of ogive. */
#ifndef OGIVE_OGIVE_H
#define OGIVE_OGIVE_H

#include <ogive/act.h>
#include <ogive/config.h>
#include <ogive/cost.h>
#include <ogive/data.h>
#include <ogive/facts.h>
#include <ogive/foreign.h>
#include <ogive/head.h>
#include <ogive/loss.h>
#include <ogive/lr.h>
#include <ogive/image.h>
#include <ogive/net.h>
#include <ogive/option.h>
#include <ogive/region.h>
#include <ogive/plot.h>
#include <ogive/predict.h>
#include <ogive/preset.h>
#include <ogive/report.h>
#include <ogive/score.h>
#include <ogive/status.h>
#include <ogive/study.h>
#include <ogive/train.h>
#include <ogive/version.h>

#endif
