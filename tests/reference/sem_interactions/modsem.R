# Writes modsem.csv and modsem.json: 240 cases of oneInt by modsem 1.0.22, LMS with 32 nodes and QML.
suppressMessages({library(modsem); library(jsonlite)})
model <- "X =~ x1 + x2 + x3
Z =~ z1 + z2 + z3
Y =~ y1 + y2 + y3
Y ~ X + Z + X:Z"
set.seed(11)
small <- oneInt[sample(nrow(oneInt), 240), ]
write.csv(small, "modsem.csv", row.names = FALSE)
rows <- function(fit) {
  found <- as.data.frame(parameter_estimates(fit))
  found <- found[found$op %in% c("=~", "~", "~1", "~~"), c("lhs", "op", "rhs", "est", "std.error")]
  names(found)[5] <- "se"
  found
}
results <- list(
  lms = rows(modsem(model, small, method = "lms", nodes = 32)),
  lms_robust = rows(modsem(model, small, method = "lms", nodes = 32, robust.se = TRUE)),
  qml = rows(modsem(model, small, method = "qml"))
)
write(toJSON(results, digits = NA, na = "null"), "modsem.json")
