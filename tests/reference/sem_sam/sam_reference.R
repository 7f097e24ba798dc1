# Answers of lavaan's sam(): estimates and standard errors of the structural part.
# Rscript sam_reference.R FOLDER [LIBRARY]: data and models in FOLDER/*.csv, *.txt; LIBRARY holds lavaan 0.7-2.
arguments <- commandArgs(TRUE)
folder <- arguments[1]
if (length(arguments) > 1) library(lavaan, lib.loc = arguments[2]) else library(lavaan)
suppressMessages(library(jsonlite))
new <- packageVersion("lavaan") >= "0.7"
run <- function(name, data, model, method = "local", mapping = "ML", ...) {
  d <- read.csv(file.path(folder, paste0(data, ".csv")))
  text <- paste(readLines(file.path(folder, paste0(model, ".txt"))), collapse = "\n")
  local <- list(M.method = mapping)
  f <- if (new) sam(text, data = d, sam_method = method, local_options = local, gamma.unbiased = FALSE, ...)
       else sam(text, data = d, sam.method = method, local.options = local, ...)  # 0.6
  pe <- as.data.frame(parameterEstimates(f, remove.step1 = TRUE))
  keep <- intersect(c("lhs", "op", "rhs", "group", "label", "est", "se"), names(pe))
  fm <- if (new) tryCatch(as.list(fitMeasures(f)[c("chisq", "df", "srmr", "chisq.scaling.factor", "baseline.chisq.scaling.factor")]), error = function(e) NULL)
        else as.list(f@internal$sam.struc.fit)
  rel <- if (new) unlist(f@internal$sam.mm.rel) else unlist(f@internal$sam.mm.rel)
  list(case = name, lavaan = as.character(packageVersion("lavaan")), data = data, model = model, method = method,
       mapping = tolower(mapping), parameters = pe[, keep], measures = fm, reliability = as.list(rel))
}
cases <- list(
  run("twelve_local", "twelve", "twelve"), run("twelve_global", "twelve", "twelve", "global"),
  run("twelve_gls", "twelve", "twelve", mapping = "GLS"),
  run("democracy", "democracy", "democracy"), run("democracy_global", "democracy", "democracy", "global"),
  run("linked", "democracy", "linked"), run("observed", "twelve", "observed"),
  run("labels", "twelve", "labels")
)
if (new) cases <- c(cases, list(  # 0.6-14 stops at ULS
  run("twelve_uls", "twelve", "twelve", mapping = "ULS"),
  run("robust", "twelve", "short", se = "twostep.huber.white", information = "observed"),
  run("stated", "twelve", "stated"), run("pair", "twelve", "pair"), run("heywood", "few", "short"),
  run("same", "few", "same"), run("same_uls", "few", "same", mapping = "ULS"),
  run("incomplete", "incomplete", "short", missing = "ml"),
  run("incomplete_global", "incomplete", "short", "global", missing = "ml"),
  run("groups", "twelve", "short", group = "school"),
  run("groups_equal", "twelve", "short", group = "school", group.equal = c("loadings", "intercepts"))))
write(toJSON(cases, auto_unbox = TRUE, digits = NA, na = "null", null = "null"), file.path(folder, paste0("lavaan_", substr(packageVersion("lavaan"), 1, 3), ".json")))
# products of factors, known to 0.7-2 alone
if (new) write(toJSON(list(
  run("product", "products", "product"), run("several", "products", "several"),
  run("product_gls", "products", "product", mapping = "GLS"),
  run("product_uls", "products", "product", mapping = "ULS")
), auto_unbox = TRUE, digits = NA, na = "null", null = "null"), file.path(folder, "lavaan_0.7_products.json"))
