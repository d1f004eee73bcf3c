package dev.backplane.device.pvpanic.internal;

import dev.backplane.api.part.Option;

/** Where the register is, and what follows a panic. */
public record PanicOptions(
        @Option(value = "Where the guest finds it.", byDefault = "pci")
        Bus bus,

        @Option(value = "What follows a panic.", byDefault = "report")
        OnPanic onPanic) {
    /** Buses. */
    public enum Bus {
        /** A function on the PCI bus. */
        PCI,
        /** Port 0x505. */
        ISA
    }

    /** What follows a panic. */
    public enum OnPanic {
        /** A line in the log. */
        REPORT,
        /** The end of the machine too. */
        EXIT
    }
}
