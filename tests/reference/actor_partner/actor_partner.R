# Actor-partner model of two roles by lavaan with equality constraints: Rscript actor_partner.R (lavaan 0.6-14)
library(lavaan)
library(jsonlite)
long <- read.csv("dyads.csv")
wide <- reshape(long, idvar = "unit", timevar = "role", direction = "wide")
names(wide) <- gsub("\\.", "_", names(wide))
run <- function(text) sem(text, wide, missing = "ml", fixed.x = FALSE, meanstructure = TRUE)
paths <- "
  Y_sales ~ a1*X_sales + p1*X_marketing
  Y_marketing ~ a2*X_marketing + p2*X_sales
  Y_sales ~~ Y_marketing
  X_sales ~~ X_marketing
  X_sales ~~ v1*X_sales
  X_marketing ~~ v2*X_marketing
  Y_sales ~~ e1*Y_sales
  Y_marketing ~~ e2*Y_marketing
"
observed <- gsub("X_", "x_", gsub("Y_", "y_", paths))
observed <- paste(observed, "
  x_sales ~ m1*1
  x_marketing ~ m2*1
  y_sales ~ i1*1
  y_marketing ~ i2*1
")
measured <- function(loadings, intercepts) {
  lines <- c()
  for (f in c("x", "y")) for (r in c("sales", "marketing")) {
    l <- if (loadings) "l" else paste0("l", r)
    t <- if (intercepts) "t" else paste0("t", r)
    lines <- c(lines, sprintf("%s_%s =~ 1*%s0_%s + %s%s1*%s1_%s + %s%s2*%s2_%s", toupper(f), r, f, r, l, f, f, r, l, f, f, r),
               sprintf("%s%d_%s ~ %s%s%d*1", f, 0:2, r, t, f, 0:2))
  }
  for (f in c("x", "y")) lines <- c(lines, sprintf("%s%d_sales ~~ %s%d_marketing", f, 0:2, f, 0:2))
  paste(lines, collapse = "\n")
}
means <- "
  X_sales ~ 0*1
  Y_sales ~ 0*1
  X_marketing ~ m2*1
  Y_marketing ~ i2*1
"
none <- "
  X_sales ~ 0*1
  Y_sales ~ 0*1
  X_marketing ~ 0*1
  Y_marketing ~ 0*1
"
equal <- list(actor = "a1 == a2", partner = "p1 == p2", effects = "a1 == a2; p1 == p2", variances = "v1 == v2",
              residual_variances = "e1 == e2")
case <- function(text, means, intercepts) {
  tests <- c(equal, list(means = means, intercepts = intercepts,
             distinguishability = paste(c("a1 == a2; p1 == p2; v1 == v2; e1 == e2", means, intercepts), collapse = "; ")))
  free <- run(text)
  pe <- parameterEstimates(free)
  std <- standardizedSolution(free)
  keep <- pe$label %in% c("a1", "p1", "a2", "p2")
  list(effects = cbind(pe[keep, c("label", "est", "se")], std = std$est.std[std$label %in% c("a1", "p1", "a2", "p2")]),
       tests = lapply(tests, function(constraint) {
         d <- lavTestLRT(free, run(paste(text, constraint, sep = "\n")))
         list(statistic = d[2, "Chisq diff"], df = d[2, "Df diff"], p = d[2, "Pr(>Chisq)"])
       }))
}
latent <- paste(measured(TRUE, TRUE), paths, means, sep = "\n")
steps <- list(run(paste(measured(FALSE, FALSE), paths, none, sep = "\n")), run(paste(measured(TRUE, FALSE), paths, none, sep = "\n")),
              run(latent))
difference <- function(a, b) { d <- lavTestLRT(a, b); list(statistic = d[2, "Chisq diff"], df = d[2, "Df diff"]) }
answer <- list(version = as.character(packageVersion("lavaan")), observed = case(observed, "m1 == m2", "i1 == i2"),
  latent = c(case(latent, "m2 == 0", "i2 == 0"),
             list(loadings = difference(steps[[1]], steps[[2]]), item_intercepts = difference(steps[[2]], steps[[3]]))))
writeLines(toJSON(answer, digits = 8, auto_unbox = TRUE), "actor_partner.json")
