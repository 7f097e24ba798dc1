# One task on modsem: Rscript modsem_worker.R FOLDER METHOD REPEAT; prints seconds, CPU seconds and peak memory as JSON.
args <- commandArgs(TRUE)
suppressMessages({library(modsem); library(jsonlite)})
data <- read.csv(file.path(args[1], "data.csv"))
model <- paste(readLines(file.path(args[1], "model.txt")), collapse = "\n")
work <- function() suppressWarnings(suppressMessages(parameter_estimates(modsem(model, data, method = args[2]))))
times <- lapply(seq_len(as.integer(args[3])), function(i) system.time(work()))
seconds <- sapply(times, function(t) t[["elapsed"]])
cpu <- sapply(times, function(t) t[["user.self"]] + t[["sys.self"]])
status <- readLines("/proc/self/status")
peak <- as.numeric(gsub("[^0-9]", "", grep("VmHWM", status, value = TRUE))) / 1024
cat(toJSON(list(seconds = seconds, cpu = cpu, peak_mb = peak, version = as.character(packageVersion("modsem"))), auto_unbox = TRUE, digits = NA), "\n")
