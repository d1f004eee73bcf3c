package dev.backplane.cpu.bt.internal;

import dev.backplane.api.part.Option;

/** What a VM file can say of this backend. */
public record BtOptions(
        @Option(
                value =
                        "Verify every translated block before it runs; a block that is refused ends the machine with a report.",
                byDefault = "false")
        boolean verify,

        @Option(value = "Tell perf where translated code is, in /tmp/perf-PID.map.", byDefault = "false")
        boolean perfMap) {}
