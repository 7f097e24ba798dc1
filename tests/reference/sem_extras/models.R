# Models shared by the reference scripts of this folder.
suppressMessages({library(lavaan); library(jsonlite)})
data_all <- read.csv("simulated.csv")
data_hole <- read.csv("incomplete.csv")
CFA <- "A =~ a1 + a2 + a3 + a4\nB =~ b1 + b2 + b3\nC =~ c1 + c2 + c3 + c4\n"
SEM <- paste0(CFA, "A ~ x1 + x2\nB ~ A\nC ~ B\ny ~ C\n")
SECOND <- paste0(CFA, "G =~ A + B + C\n")
LABEL <- "A =~ a1 + p*a2 + p*a3 + a4\nB =~ b1 + q*b2 + r*b3\nC =~ c1 + c2 + c3 + c4\na1 ~~ u*a1\na2 ~~ v*a2\nq == r + 0.2\nu == v\n"
# lavaan's own stopping rule leaves 1e-5 in some statistics: start again from its optimum
again <- function(fun) function(...) { f <- fun(...); fun(..., start = f) }
cfa <- again(lavaan::cfa)
# (not sem(): with a fitted start it would free the moments of exogenous variables)
equal <- c("loadings", "intercepts")
put <- function(x, name) write_json(x, paste0(name, ".json"), digits = NA, auto_unbox = TRUE, na = "null", dataframe = "rows")
MEDIATION <- paste0(CFA, "A ~ x1 + x2\nB ~ a*A\nC ~ b*B + c*A\ny ~ d*C\nab := a*b\n")
