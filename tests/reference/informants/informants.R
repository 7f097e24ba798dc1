# Writes informants.json: lme4 and multilevel on several.csv (simulated), and on lq2002 and bh1996 of multilevel.
# Rscript informants.R, in this folder
suppressMessages({library(lme4); library(multilevel); library(jsonlite)})
data(lq2002); data(bh1996)
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5), calc.derivs = FALSE,
                       check.conv.singular = "ignore")
parts <- function(formula, data) {
  fit <- lmer(formula, data, REML = TRUE, control = control)
  v <- as.data.frame(VarCorr(fit))
  list(variances = as.list(setNames(v$vcov, v$grp)), criterion = REMLcrit(fit), fixed = unname(fixef(fit)))
}
d <- read.csv("several.csv"); d$role <- factor(d$role, levels = c("marketing", "sales", "it"))
items <- c("q1", "q2", "q3")
d$score <- rowMeans(d[items]); d$place <- interaction(d$unit, d$role, drop = TRUE)
out <- list()
out$unit_role <- parts(score ~ role + (1 | unit/role), d)
out$firm_unit <- parts(score ~ 1 + (1 | firm/unit), d)
out$firm_unit_role <- parts(score ~ role + (1 | firm/unit/role), d)
out$of_role <- lapply(split(d, d$role), function(x) parts(score ~ 1 + (1 | unit), x))
agree <- function(x, groups) {
  groups <- as.character(groups); keep <- groups %in% names(which(table(groups) > 1))
  list(rwg_j = mean(rwg.j(x[keep, ], groups[keep], ranvar = (7^2 - 1)/12)$rwg.j),
       ad = mean(ad.m(x[keep, ], groups[keep])$AD.M))
}
out$within <- c(list(all = agree(d[items], d$place)),
                lapply(split(d, d$role), function(x) agree(x[items], x$unit)))
views <- aggregate(d[items], list(unit = d$unit, role = d$role), mean)
out$between <- agree(views[items], views$unit)
long <- data.frame(unit = d$unit, role = d$role, person = factor(seq_len(nrow(d))), firm = d$firm,
                   item = rep(items, each = nrow(d)), y = unlist(d[items]))
out$g_study <- parts(y ~ (1|role) + (1|item) + (1|role:item) + (1|unit) + (1|unit:role) + (1|unit:item) +
                       (1|unit:role:item) + (1|person), long)
out$g_study_firm <- parts(y ~ (1|role) + (1|item) + (1|role:item) + (1|firm) + (1|firm:role) + (1|firm:item) +
                       (1|unit) + (1|unit:role) + (1|unit:item) + (1|unit:role:item) + (1|person), long)
two <- function(data, column, group) {
  data <- data[!is.na(data[[column]]), ]; data$y <- data[[column]]; data$g <- factor(data[[group]])
  a <- aov(y ~ g, data)
  means <- ave(data$y, data$g)
  c(parts(y ~ 1 + (1 | g), data),
    list(icc1 = ICC1(a), icc2 = ICC2(a), sizes = as.vector(table(data$g)), within = sum((data$y - means)^2),
         means = as.vector(tapply(data$y, data$g, mean))))
}
lq2002$LEAD <- rowMeans(lq2002[, 3:13])
out$lq2002 <- list(LEAD = two(lq2002, "LEAD", "COMPID"), HOSTILE = two(lq2002, "HOSTILE", "COMPID"),
                   rwg_j = mean(rwg.j(lq2002[, 3:13], lq2002$COMPID, ranvar = 2)$rwg.j),
                   ad = mean(ad.m(lq2002[, 3:13], lq2002$COMPID)$AD.M))
out$bh1996 <- list(LEAD = two(bh1996, "LEAD", "GRP"), HRS = two(bh1996, "HRS", "GRP"),
                   COHES = two(bh1996, "COHES", "GRP"))
write_json(out, "informants.json", digits = NA, auto_unbox = TRUE, pretty = TRUE)
