# lavaan's factor scores of two-level models for twolevel.csv; run in this folder, writes scores.json.
suppressMessages({library(lavaan); library(jsonlite)})
d <- read.csv("twolevel.csv")
cfa2 <- "level: 1\n fw =~ y1 + y2 + y3\n gw =~ y4 + y5 + y6\nlevel: 2\n fb =~ y1 + y2 + y3\n gb =~ y4 + y5 + y6\n"
sem2 <- "level: 1\n fw =~ y1 + y2 + y3\n gw =~ y4 + y5 + y6\n fw ~ x1 + x2\n gw ~ fw\nlevel: 2\n fb =~ y1 + y2 + y3\n gb =~ y4 + y5 + y6\n fb ~ w1 + w2\n gb ~ fb\n"
out2 <- "level: 1\n fw =~ y1 + y2 + y3\n v ~ fw\nlevel: 2\n fb =~ y1 + y2 + y3\n z ~ fb\n"
out <- lapply(list(cfa = cfa2, sem = sem2, outcomes = out2), function(model) {
  fit <- suppressWarnings(sem(model, d, cluster = "unit"))
  one <- function(level, method) unclass(lavPredict(fit, level = level, method = method))[1:15, ]
  list(model = model, names = names(coef(fit)), clusters = head(lavInspect(fit, "cluster.id"), 15),
       within = one(1, "regression"), between = one(2, "regression"),
       within_bartlett = one(1, "Bartlett"), between_bartlett = one(2, "Bartlett"))
})
write_json(out, "scores.json", digits = NA, auto_unbox = TRUE, matrix = "rowmajor")
