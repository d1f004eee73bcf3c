package dev.backplane.machine.pc.internal.pci;

/** The bridge from the processors to the bus: nothing but an identity, one that no driver takes for hardware that it knows. */
final class HostBridge extends Function {
    private static final int VENDOR = 0x1b36;
    private static final int DEVICE = 0x0008;
    private static final int CLASS = 0x06_0000;

    HostBridge() {
        super(VENDOR, DEVICE, CLASS, 0);
        config.complete();
    }
}
