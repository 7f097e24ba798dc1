# Product indicators formed by hand and fitted by lavaan: writes results.json. Run in this folder: Rscript fit.R
suppressMessages({library(lavaan); library(jsonlite)})
d <- read.csv("products.csv", na.strings = c("", "NA"))
X <- paste0("x", 1:3); Z <- paste0("z", 1:3)
centre <- function(v) v - mean(v, na.rm = TRUE)
within <- function(v, g, f) { out <- v; for (k in unique(g)) out[g == k] <- f(v[g == k]); out }
measure <- "X =~ x1+x2+x3\nZ =~ z1+z2+z3\nY =~ y1+y2+y3\n"
add <- function(data, pairs, g = rep(1, nrow(data)), twice = TRUE) {
  for (p in pairs) {
    v <- within(data[[p[1]]], g, centre) * within(data[[p[2]]], g, centre)
    data[[paste(p, collapse = ".")]] <- if (twice) within(v, g, centre) else v
  }
  data
}
syntax <- function(pairs, factor) {
  names <- sapply(pairs, paste, collapse = ".")
  text <- paste(factor, "=~", paste(names, collapse = " + "))
  if (length(pairs) > 1) for (i in 2:length(pairs)) for (j in 1:(i - 1))
    if (any(pairs[[i]] %in% pairs[[j]])) text <- c(text, paste(names[j], "~~", names[i]))
  paste(text, collapse = "\n")
}
all_pairs <- function(a, b) unlist(lapply(b, function(z) lapply(a, function(x) c(x, z))), recursive = FALSE)
out <- list(lavaan = as.character(packageVersion("lavaan")))
keep <- function(name, f) {
  pe <- parameterEstimates(f)
  if (is.null(pe$group)) pe$group <- 1
  pe <- pe[pe$op == "~" | (pe$op == "~~" & nchar(pe$lhs) <= 2 & nchar(pe$rhs) <= 2), c("lhs", "op", "rhs", "group", "est", "se")]
  out[[name]] <<- list(rows = pe, measures = as.list(fitMeasures(f, c("chisq", "df", "npar"))))
}
model <- function(pairs) paste0(measure, syntax(pairs, "XZ"), "\nY ~ X + Z + XZ")
full <- all_pairs(X, Z); matched <- list(c("x1", "z1"), c("x2", "z2"), c("x3", "z3"))
keep("double", sem(model(full), add(d, full)))
keep("matched", sem(model(matched), add(d, matched)))
keep("mlr", sem(model(full), add(d, full), estimator = "MLR"))
keep("cluster", sem(model(full), add(d, full), estimator = "MLR", cluster = "firm"))
keep("groups", sem(model(full), add(d, full, d$g), group = "g"))
m <- d; m[c(X, Z, paste0("y", 1:3))] <- d[paste0("m_", c(X, Z, paste0("y", 1:3)))]
keep("fiml", sem(model(full), add(m, full), missing = "ml"))
complete <- m[complete.cases(m[c(X, Z, paste0("y", 1:3))]), ]
keep("listwise", sem(model(full), add(complete, full)))
rc <- d; for (p in full) {
  rc[[paste(p, collapse = ".")]] <- residuals(lm(rc[[p[1]]] * rc[[p[2]]] ~ x1 + x2 + x3 + z1 + z2 + z3, d)) }
keep("residual", sem(model(full), rc))
un <- paste0(measure, syntax(full, "XZ"), "\nY ~ X + Z + XZ\nX ~~ c*Z\nXZ ~ m*1\nm == c")
f <- sem(un, add(d, full, twice = FALSE), meanstructure = TRUE); keep("unconstrained", f)
out$unconstrained$mean <- parameterEstimates(f)[parameterEstimates(f)$lhs == "XZ" & parameterEstimates(f)$op == "~1", c("est", "se")]
sq <- list(c("x1","x1"), c("x1","x2"), c("x2","x2"), c("x1","x3"), c("x2","x3"), c("x3","x3"))
keep("quadratic", sem(paste0(measure, syntax(sq, "XX"), "\nY ~ X + Z + XX"), add(d, sq)))
w <- list(c("x1","w"), c("x2","w"), c("x3","w"))
keep("moderator", sem(paste0(measure, "XW =~ x1.w + x2.w + x3.w\nY ~ X + w + XW\nX ~~ w\nXW ~~ w\nZ ~~ w"), add(d, w)))
scaled <- sub("XZ =~ x1.z1", "XZ =~ NA*x1.z1 + l*x1.z1", model(full), fixed = TRUE)
scaled <- sub("X =~ x1", "X =~ a*x1", sub("Z =~ z1", "Z =~ b*z1", scaled, fixed = TRUE), fixed = TRUE)
keep("std_lv", sem(paste0(scaled, "\nXZ ~~ NA*XZ\nl == a*b"), add(d, full), std.lv = TRUE))
d$xx <- rowMeans(d[X]); d$zz <- rowMeans(d[Z]); d$p <- centre(centre(d$xx) * centre(d$zz))
single <- "X =~ xx\nZ =~ zz\nY =~ y1+y2+y3\nxx ~~ 0.15*xx\nzz ~~ 0.2*zz\nXZ =~ p\np ~~ t*p\nX ~~ vx*X\nZ ~~ vz*Z\nY ~ X + Z + XZ"
keep("single", sem(paste0(single, "\nt == vx*0.2 + vz*0.15 + 0.03"), d))
kj <- "X =~ x1 + a2*x2 + a3*x3\nZ =~ z1 + b2*z2 + b3*z3\nY =~ y1+y2+y3\nX ~~ vx*X\nZ ~~ vz*Z\nX ~~ c*Z
XZ =~ x1.z1 + l2*x2.z2 + l3*x3.z3\nXZ ~~ v*XZ\nXZ ~~ 0*X\nXZ ~~ 0*Z\nY ~ X + Z + XZ\nv == vx*vz + c^2\nl2 == a2*b2\nl3 == a3*b3
x1 ~~ e1*x1\nx2 ~~ e2*x2\nx3 ~~ e3*x3\nz1 ~~ f1*z1\nz2 ~~ f2*z2\nz3 ~~ f3*z3\nx1.z1 ~~ r1*x1.z1\nx2.z2 ~~ r2*x2.z2\nx3.z3 ~~ r3*x3.z3
r1 == vx*f1 + vz*e1 + e1*f1\nr2 == a2^2*vx*f2 + b2^2*vz*e2 + e2*f2\nr3 == a3^2*vx*f3 + b3^2*vz*e3 + e3*f3"
keep("constrained", sem(kj, add(d, matched)))
write(toJSON(out, auto_unbox = TRUE, digits = NA, pretty = FALSE), "results.json")
