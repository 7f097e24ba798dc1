# Writes reference.json from triads.csv: agreement (multilevel), ICCs (multilevel, psych), variance components,
# role contrasts and predictions (lme4), paired t tests, logistic regressions (stats).
suppressMessages({library(multilevel); library(psych); library(lme4); library(jsonlite)})
d <- read.csv("triads.csv", na.strings = "NA")
items <- grep("^a[0-9]", names(d), value = TRUE)
out <- list(multilevel = as.character(packageVersion("multilevel")), psych = as.character(packageVersion("psych")),
  lme4 = as.character(packageVersion("lme4")))
x <- d[, items]; g <- d$unit
tab <- function(f, col) { r <- f; list(unit = as.character(r$grpid), value = r[[col]]) }
out$agreement <- list(
  rwg_j = tab(rwg.j(x, g, ranvar = 2), "rwg.j"), rwg_star_j = tab(rwg.j.lindell(x, g, ranvar = 2), "rwg.lindell"),
  rwg_j_slight = tab(rwg.j(x, g, ranvar = 1.34), "rwg.j"),
  ad_mean = tab(ad.m(x, g), "AD.M"), ad_median = tab(ad.m(x, g, type = "median"), "AD.M"),
  awg_j = tab(awg(x, g, range = c(1, 5)), "a.wg"), rwg = tab(rwg(x[, 1], g, ranvar = 2), "rwg"))
for (a in 1:4) d[[paste0("a", a)]] <- rowMeans(d[, paste0("a", a, "_", 1:2)], na.rm = TRUE)
atts <- paste0("a", 1:4)
for (a in atts) d[[a]][is.nan(d[[a]])] <- NA
d$all <- rowMeans(d[, atts], na.rm = TRUE)
icc <- function(v) { m <- aov(d[[v]] ~ as.factor(d$unit)); s <- summary(m)[[1]]
  list(icc1 = ICC1(m), icc2 = ICC2(m), f = s[1, 4], p = s[1, 5], msb = s[1, 3], msw = s[2, 3]) }
out$icc_oneway <- lapply(setNames(nm = c(atts, "all")), icc)
oneway <- function(v) { m <- lmer(d[[v]] ~ 1 + (1 | unit), d); c(as.data.frame(VarCorr(m))$vcov, as.numeric(logLik(m))) }
out$reml_oneway <- lapply(setNames(nm = c(atts, "all")), oneway)
wide <- reshape(d[, c("unit", "role", "all")], idvar = "unit", timevar = "role", direction = "wide")
w <- wide[, c("all.marketing", "all.sales", "all.it")]
cc <- na.omit(w)
out$icc_complete <- ICC(cc, lmer = FALSE)$results[, 1:8]
out$icc_incomplete <- ICC(w, lmer = TRUE)$results$ICC
d$role <- factor(d$role, levels = c("marketing", "sales", "it"))
m <- lmer(all ~ 0 + role + (1 | unit), d)
out$fixed_roles <- list(mean = unname(fixef(m)), vcov = as.matrix(vcov(m)), variances = as.data.frame(VarCorr(m))$vcov,
  blup = as.list(setNames(ranef(m)$unit[, 1], rownames(ranef(m)$unit))))
long <- do.call(rbind, lapply(atts, function(a) data.frame(unit = d$unit, role = d$role, attribute = a, y = d[[a]])))
ctrl <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9, maxfun = 1e5))
gs <- lmer(y ~ 1 + (1 | unit) + (1 | role) + (1 | attribute) + (1 | unit:role) + (1 | unit:attribute) +
  (1 | role:attribute), long, control = ctrl)
vc <- as.data.frame(VarCorr(gs)); out$g_study <- list(variances = as.list(setNames(vc$vcov, vc$grp)), loglik = as.numeric(logLik(gs)))
li <- do.call(rbind, lapply(items, function(i) data.frame(unit = d$unit, role = d$role, attribute = substr(i, 1, 2), item = i, y = d[[i]])))
gi <- lmer(y ~ 1 + (1 | unit) + (1 | role) + (1 | attribute) + (1 | unit:role) + (1 | unit:attribute) + (1 | role:attribute) +
  (1 | unit:role:attribute) + (1 | item) + (1 | role:item) + (1 | unit:item), li, control = ctrl)
vc <- as.data.frame(VarCorr(gi)); out$g_study_items <- list(variances = as.list(setNames(vc$vcov, vc$grp)), loglik = as.numeric(logLik(gi)))
out$waba <- waba(d$a1, d$a2, d$unit)$Cov.Theorem
pair <- function(a, b) { t <- t.test(w[[a]], w[[b]], paired = TRUE); list(t = unname(t$statistic), df = unname(t$parameter), p = t$p.value,
  mean = unname(t$estimate), lower = t$conf.int[1], upper = t$conf.int[2]) }
out$paired <- list("marketing - sales" = pair(1, 2), "marketing - it" = pair(1, 3), "sales - it" = pair(2, 3))
out$holm <- p.adjust(sapply(out$paired, function(p) p$p), "holm")
out$bh <- p.adjust(c(.001, .2, .03, .04, .01), "BH")
centred <- sweep(w, 2, colMeans(w, na.rm = TRUE))
logit <- function(k) { z <- rowMeans(centred[, -k], na.rm = TRUE); y <- is.na(w[, k]); ok <- !is.nan(z)
  f <- glm(y[ok] ~ z[ok], family = binomial, control = glm.control(epsilon = 1e-12)); s <- summary(f)
  list(n = sum(ok), missing = sum(y[ok]), b = s$coefficients[2, 1], se = s$coefficients[2, 2], chi2 = f$null.deviance - f$deviance) }
out$missing_role <- list(marketing = logit(1), sales = logit(2), it = logit(3))
write_json(out, "reference.json", digits = NA, auto_unbox = TRUE, pretty = TRUE, na = "null")
