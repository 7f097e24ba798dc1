# The models of the marker technique and of a latent method factor, written out in lavaan 0.6.14.
# Run in this folder: Rscript marker.R
suppressMessages({library(lavaan); library(jsonlite)})
d <- read.csv("answers.csv")
factors <- list(A = paste0("a", 1:4), B = paste0("b", 1:3), C = paste0("c", 1:3))
marker <- paste0("m", 1:4)
items <- unlist(factors, use.names = FALSE)
line <- function(f, x) paste(f, "=~", paste(x, collapse = " + "))
traits <- paste(mapply(line, names(factors), factors), collapse = "\n")
orthogonal <- paste0("M ~~ 0*A + 0*B + 0*C")
settings <- list(
  ml = list(estimator = "ML"),
  mlr_cluster = list(estimator = "MLR", missing = "ml", cluster = "firm"))
wanted <- c("chisq", "df", "cfi", "rmsea", "srmr", "chisq.scaled", "chisq.scaling.factor", "cfi.robust", "rmsea.robust")
measures <- function(f) { m <- fitMeasures(f); as.list(m[intersect(wanted, names(m))]) }
est <- function(f) { e <- parameterEstimates(f); e[e$op %in% c("=~") | (e$op == "~~" & e$lhs %in% names(factors) & e$rhs != e$lhs), c("lhs", "op", "rhs", "est", "se")] }
std <- function(f) { s <- standardizedSolution(f); s[s$op == "=~" | (s$op == "~~" & s$lhs == s$rhs), c("lhs", "op", "rhs", "est.std")] }
lrt <- function(a, b) { t <- lavTestLRT(a, b); list(chisq = t[2, "Chisq diff"], df = t[2, "Df diff"], p = t[2, "Pr(>Chisq)"]) }
value <- function(f, l, o, r) { e <- parameterEstimates(f); e$est[e$lhs == l & e$op == o & e$rhs == r] }
digits <- function(x) format(x, digits = 17)
run <- function(o) {
  go <- function(text) do.call("cfa", c(list(text, data = d, std.lv = TRUE), o))
  cfa_fit <- go(paste(traits, line("M", marker), sep = "\n"))
  fixed <- paste(
    line("M", paste0(sapply(marker, function(x) digits(value(cfa_fit, "M", "=~", x))), "*", marker)),
    paste(sapply(marker, function(x) paste0(x, " ~~ ", digits(value(cfa_fit, x, "~~", x)), "*", x)), collapse = "\n"),
    orthogonal, sep = "\n")
  base_text <- paste(traits, fixed, sep = "\n")
  base <- go(base_text)
  signs <- ifelse(items == "a4", "r*", "k*")
  c_text <- paste(base_text, line("M", paste0(signs, items)), "r == -1*k", sep = "\n")
  method_c <- go(c_text)
  c_plain <- go(paste(base_text, line("M", paste0("k*", items)), sep = "\n"))
  u_text <- paste(base_text, line("M", items), sep = "\n")
  method_u <- go(u_text)
  pairs <- combn(names(factors), 2)
  held <- paste(apply(pairs, 2, function(p) paste0(p[1], " ~~ ", digits(value(base, p[1], "~~", p[2])), "*", p[2])), collapse = "\n")
  method_r <- go(paste(u_text, held, sep = "\n"))
  s_fit <- function(alpha) {
    e <- parameterEstimates(method_u); e <- e[e$lhs == "M" & e$rhs %in% items, ]
    v <- e$est + sign(e$est) * qnorm(1 - alpha / 2) * e$se
    go(paste(base_text, line("M", paste0(digits(v), "*", e$rhs)), sep = "\n"))
  }
  s05 <- s_fit(.05); s01 <- s_fit(.01)
  u_traits <- go(traits)
  u_free <- go(paste(traits, line("U", items), "U ~~ 0*A + 0*B + 0*C", sep = "\n"))
  u_equal <- go(paste(traits, line("U", paste0(signs, items)), "U ~~ 0*A + 0*B + 0*C\nr == -1*k", sep = "\n"))
  fits <- list(cfa = cfa_fit, baseline = base, method_c = method_c, method_u = method_u, method_r = method_r,
               method_s_05 = s05, method_s_01 = s01, traits = u_traits, latent_equal = u_equal, latent_free = u_free,
               method_c_without_reversal = c_plain)
  list(measures = lapply(fits, measures), estimates = lapply(fits, est), standardized = lapply(fits[c("baseline", "method_u", "latent_free")], std),
       differences = list(baseline_c = lrt(base, method_c), c_u = lrt(method_c, method_u), u_r = lrt(method_u, method_r),
                          baseline_u = lrt(base, method_u), traits_equal = lrt(u_traits, u_equal), equal_free = lrt(u_equal, u_free)))
}
write_json(lapply(settings, run), "marker.json", digits = 10, auto_unbox = TRUE)
