# Times R's functions on the triads written by benchmarks/triads.py: Rscript triads_r.R FOLDER REPEAT
args <- commandArgs(trailingOnly = TRUE); folder <- args[1]; repeats <- as.integer(args[2])
suppressMessages({library(multilevel); library(psych); library(lme4); library(jsonlite)})
d <- read.csv(file.path(folder, "items.csv")); s <- read.csv(file.path(folder, "scores.csv"), na.strings = "NA")
scales <- fromJSON(file.path(folder, "scales.json"))
timed <- function(f, n = repeats) { t <- numeric(n); for (i in seq_len(n)) t[i] <- system.time(v <- f())[["elapsed"]]
  list(seconds = median(t), values = as.numeric(v)) }
over <- function(f) function() unlist(lapply(scales, f))
g <- d$unit; atts <- setdiff(names(s), c("unit", "role"))
out <- list()
out$rwg_j <- timed(over(function(x) rwg.j(d[, x], g, ranvar = 4)[, 2]))
out$rwg_star_j <- timed(over(function(x) rwg.j.lindell(d[, x], g, ranvar = 4)[, 2]))
out$ad_mean <- timed(over(function(x) ad.m(d[, x], g)[, 2]))
out$awg_j <- timed(over(function(x) awg(d[, x], g, range = c(1, 7))[, 2]))
out$icc_oneway <- timed(function() sapply(atts, function(a) ICC1(aov(s[[a]] ~ as.factor(s$unit)))), 1)
out$icc_oneway_reml <- timed(function() mult.icc(s[, atts], s$unit)[, 2], 1)
wide <- reshape(s[, c("unit", "role", atts[1])], idvar = "unit", timevar = "role", direction = "wide")[, -1]
out$icc_twoway_reml <- timed(function() suppressWarnings(ICC(wide, lmer = TRUE)$results$ICC[c(2, 3, 5, 6)]), 1)
one <- s[!is.na(s[[atts[1]]]), ]; keep <- names(which(table(one$unit) > 1)); one <- one[one$unit %in% keep, ]
set.seed(1); out$resampling <- timed(function() rgr.agree(one[[atts[1]]], one$unit, 1000 * length(keep))$AvGrpVar, 1)
long <- do.call(rbind, lapply(atts, function(a) data.frame(unit = factor(s$unit), role = s$role, attribute = a, y = s[[a]])))
g_study <- function() { m <- lmer(y ~ 1 + (1 | unit) + (1 | role) + (1 | attribute) + (1 | unit:role) + (1 | unit:attribute) +
  (1 | role:attribute), long); v <- as.data.frame(VarCorr(m)); v$vcov[match(c("role", "attribute", "role:attribute", "unit",
  "unit:role", "unit:attribute", "Residual"), v$grp)] }
out$g_study <- timed(g_study, 1)
set.seed(1); out$critical_values <- timed(function() rwg.j.sim(gsize = 3, nitems = 4, nresp = 5, nrep = 20000)$rwg.95, 1)
out$waba <- timed(function() as.numeric(waba(s[[atts[1]]], s[[atts[2]]], s$unit)$Cov.Theorem))
cat(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null"), "\n")
