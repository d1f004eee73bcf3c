package dev.backplane.machine.pc.internal.pci;

import dev.backplane.api.device.RegisterHandler;

/** Mechanism 1: an address register of 32 bits at port 0xcf8 and a window of four data ports behind it. */
final class ConfigurationPorts implements RegisterHandler {
    private static final int DATA = 4;

    private final PciRoot root;
    private final RegisterHandler resetRegister;

    ConfigurationPorts(PciRoot root, RegisterHandler resetRegister) {
        this.root = root;
        this.resetRegister = resetRegister;
    }

    @Override
    public long read(long offset, int size) {
        if (offset < DATA) {
            return offset == 0 && size == 4 ? root.address() : resetRegister.read(offset, size);
        }
        int address = root.address();
        return PciRoot.isEnabled(address) ? root.readConfiguration(place(address, offset), size) : -1;
    }

    @Override
    public void write(long offset, int size, long value) {
        if (offset < DATA) {
            if (offset == 0 && size == 4) {
                root.address((int) value);
            } else {
                resetRegister.write(offset, size, value);
            }
            return;
        }
        int address = root.address();
        if (PciRoot.isEnabled(address)) {
            root.writeConfiguration(place(address, offset), size, (int) value);
        }
    }

    /** Mechanism 1 has 256 bytes a function: bus from bit 16, device from 11, function from 8. */
    private static int place(int address, long offset) {
        return (address & 0x00ff_ff00) << 4 | address & 0xfc | (int) offset - DATA;
    }
}
