# One task on lavaan: Rscript lavaan_worker.R FOLDER KIND OPTIONS REPEAT SHARE; prints seconds, CPU seconds and peak memory as JSON.
args <- commandArgs(TRUE)
suppressMessages({library(lavaan); library(jsonlite)})
data <- read.csv(file.path(args[1], "data.csv"))
model <- paste(readLines(file.path(args[1], "model.txt")), collapse = "\n")
kind <- args[2]
options <- fromJSON(args[3])
repeats <- as.integer(args[4])
share <- as.numeric(args[5])
call <- c(list(model = model, data = data), options)
if (isTRUE(call$ordered)) call$ordered <- names(data)
quiet <- function(expr) suppressWarnings(suppressMessages(expr))
work <- switch(kind,
  fit = function() { f <- quiet(do.call("cfa", call)); parameterEstimates(f); quiet(fitMeasures(f)) },
  polychoric = function() quiet(lavCor(data, ordered = names(data))),
  sam = function() parameterEstimates(quiet(do.call("sam", call))),
  modification = function() { f <- quiet(do.call("cfa", call)); quiet(modindices(f)) },
  bootstrap = function() { f <- quiet(do.call("cfa", call)); quiet(bootstrapLavaan(f, R = max(5, round(1000 * share)))) })
times <- lapply(seq_len(repeats), function(i) system.time(work()))
scale <- if (kind == "bootstrap") 1000 / max(5, round(1000 * share)) else 1
seconds <- scale * sapply(times, function(t) t[["elapsed"]])
cpu <- scale * sapply(times, function(t) t[["user.self"]] + t[["sys.self"]])
status <- readLines("/proc/self/status")
peak <- as.numeric(gsub("[^0-9]", "", grep("VmHWM", status, value = TRUE))) / 1024
cat(toJSON(list(seconds = seconds, cpu = cpu, peak_mb = peak, version = as.character(packageVersion("lavaan"))), auto_unbox = TRUE, digits = NA), "\n")
