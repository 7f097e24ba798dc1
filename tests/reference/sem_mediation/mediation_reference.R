# Indirect effects of PoliticalDemocracy (Bollen, 1989): lavaan's := with delta-method errors and standardised values,
# semTools' Monte Carlo intervals. Rscript mediation_reference.R  (lavaan 0.6-14, semTools, jsonlite)
library(lavaan)
library(semTools)
library(jsonlite)

rows <- function(fit) {
  plain <- parameterEstimates(fit)
  plain <- plain[plain$op == ":=", c("lhs", "est", "se")]
  std <- standardizedSolution(fit)
  std <- std[std$op == ":=", c("lhs", "est.std", "se")]
  monte <- monteCarloCI(fit, nRep = 400000, append.samples = FALSE)
  out <- lapply(plain$lhs, function(name) {
    list(est = plain$est[plain$lhs == name], se = plain$se[plain$lhs == name],
         est_std = std$est.std[std$lhs == name], se_std = std$se[std$lhs == name],
         lower = monte[name, "ci.lower"], upper = monte[name, "ci.upper"])
  })
  setNames(out, plain$lhs)
}

latent <- "
  ind60 =~ x1 + x2 + x3
  dem60 =~ y1 + y2 + y3 + y4
  dem65 =~ y5 + y6 + y7 + y8
  dem60 ~ a*ind60
  dem65 ~ c*ind60 + b*dem60
  indirect := a*b
  total := a*b + c
"
serial <- "
  y1 ~ a*x1
  y2 ~ b*x1 + d*y1
  y5 ~ c*x1 + e*y1 + f*y2
  one := a*e
  two := b*f
  chain := a*d*f
  sum := a*e + b*f + a*d*f
  total := a*e + b*f + a*d*f + c
  contrast := a*e - b*f
"
data <- PoliticalDemocracy
data$x1x2 <- data$x1 * data$x2
z <- c(mean(data$x2) - sd(data$x2), mean(data$x2), mean(data$x2) + sd(data$x2))
# first stage moderated by x2 (a product of columns), second stage by x2 in `both`
first <- sprintf("
  y1 ~ a*x1 + x2 + m*x1x2
  y5 ~ c*x1 + b*y1
  low := (a + m*%.15f)*b
  mid := (a + m*%.15f)*b
  high := (a + m*%.15f)*b
  index := m*b
", z[1], z[2], z[3])
data$y1x2 <- data$y1 * data$x2
both <- sprintf("
  y1 ~ a*x1 + x2 + m*x1x2
  y5 ~ c*x1 + b*y1 + x2 + n*y1x2
  low := (a + m*%.15f)*(b + n*%.15f)
  high := (a + m*%.15f)*(b + n*%.15f)
  difference := (a + m*%.15f)*(b + n*%.15f) - (a + m*%.15f)*(b + n*%.15f)
", z[1], z[1], z[3], z[3], z[3], z[3], z[1], z[1])
data$half <- rep(c("a", "b"), length.out = nrow(data))
groups <- "
  y1 ~ c(a1, a2)*x1
  y5 ~ c(c1, c2)*x1 + c(b1, b2)*y1
  first := a1*b1
  second := a2*b2
  difference := a1*b1 - a2*b2
"
set.seed(1)
answer <- list(
  version = as.character(packageVersion("lavaan")),
  columns = as.list(data[, c("x1", "x2", "x3", paste0("y", 1:8), "half")]),
  latent = rows(sem(latent, data)),
  robust = rows(sem(latent, data, estimator = "MLR")),
  serial = rows(sem(serial, data)),
  first = rows(sem(first, data)),
  both = rows(sem(both, data, information = "observed")),  # the expected one lacks Cov(y1x2, y1)
  groups = rows(sem(groups, data, group = "half"))
)
writeLines(toJSON(answer, digits = 8, auto_unbox = TRUE), "mediation.json")
