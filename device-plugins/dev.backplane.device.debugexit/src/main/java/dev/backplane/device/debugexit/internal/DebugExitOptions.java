package dev.backplane.device.debugexit.internal;

import dev.backplane.api.part.Option;

/** Where the port is. */
public record DebugExitOptions(
        @Option(value = "First of its four I/O ports.", byDefault = "0xf4", max = 0xfffc)
        int port) {}
