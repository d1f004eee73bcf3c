package dev.backplane.api.device.pci;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the guest sees of a device on the PCI bus, as plain data.
 *
 * <pre>{@code
 * PciFunction.of(0x1af4, 0x1042, 0x018000)
 *         .revision(1)
 *         .bar("registers", 0, 0x4000, PciBar.Kind.MEMORY_64)
 *         .messages(4)
 *         .build()
 * }</pre>
 *
 * @param vendorId the vendor's identifier
 * @param deviceId the device's identifier
 * @param revisionId its revision
 * @param classCode class, subclass and programming interface in 24 bits, for instance 0x010802 for NVMe
 * @param subsystemVendorId the subsystem's vendor
 * @param subsystemId the subsystem's identifier
 * @param bars its base address registers
 * @param capabilities capabilities of its own, in their order
 * @param messages how many MSI-X vectors it has, 0 to 2048; the board adds the capability, and the table in the highest BAR that is free
 * @param pin whether it has an interrupt pin (INTA)
 * @param doorbells registers in its BARs whose writes are mere signals, up to 2048
 */
public record PciFunction(
        int vendorId,
        int deviceId,
        int revisionId,
        int classCode,
        int subsystemVendorId,
        int subsystemId,
        List<PciBar> bars,
        List<PciCapability> capabilities,
        int messages,
        boolean pin,
        List<PciDoorbell> doorbells) {
    private static final int REGISTERS = 6;
    private static final int MOST_MESSAGES = 2048;
    /** What a move of their BAR costs grows with them. */
    private static final int MOST_DOORBELLS = 2048;

    /** Copies the lists and checks the bounds. */
    public PciFunction {
        bars = List.copyOf(bars);
        capabilities = List.copyOf(capabilities);
        doorbells = List.copyOf(doorbells);
        checkDoorbells(bars, doorbells);
        if (messages < 0 || messages > MOST_MESSAGES) {
            throw new IllegalArgumentException("%d MSI-X vectors: expected 0 to %d".formatted(messages, MOST_MESSAGES));
        }
        if (freeBar(bars).isEmpty() && messages > 0) {
            throw new IllegalArgumentException("no BAR is free for the MSI-X table");
        }
    }

    /**
     * A function without doorbells.
     *
     * @param vendorId the vendor's identifier
     * @param deviceId the device's identifier
     * @param revisionId its revision
     * @param classCode class, subclass and programming interface
     * @param subsystemVendorId the subsystem's vendor
     * @param subsystemId the subsystem's identifier
     * @param bars its base address registers
     * @param capabilities capabilities of its own, in their order
     * @param messages how many MSI-X vectors it has
     * @param pin whether it has an interrupt pin (INTA)
     */
    public PciFunction(
            int vendorId,
            int deviceId,
            int revisionId,
            int classCode,
            int subsystemVendorId,
            int subsystemId,
            List<PciBar> bars,
            List<PciCapability> capabilities,
            int messages,
            boolean pin) {
        this(
                vendorId,
                deviceId,
                revisionId,
                classCode,
                subsystemVendorId,
                subsystemId,
                bars,
                capabilities,
                messages,
                pin,
                List.of());
    }

    private static void checkDoorbells(List<PciBar> bars, List<PciDoorbell> doorbells) {
        if (doorbells.size() > MOST_DOORBELLS) {
            throw new IllegalArgumentException(
                    "%d doorbells: expected up to %d".formatted(doorbells.size(), MOST_DOORBELLS));
        }
        Set<PciDoorbell> seen = new HashSet<>();
        for (PciDoorbell doorbell : doorbells) {
            boolean fits = bars.stream()
                    .anyMatch(bar -> bar.window().equals(doorbell.window())
                            && bar.kind() != PciBar.Kind.PORTS
                            && doorbell.offset() <= bar.bytes() - doorbell.seenBytes());
            if (!fits || !seen.add(doorbell)) {
                throw new IllegalArgumentException(
                        "%s: expected a place in a BAR in memory, and each doorbell once".formatted(doorbell));
            }
        }
    }

    /**
     * Begins with an identity.
     *
     * @param vendorId the vendor's identifier
     * @param deviceId the device's identifier
     * @param classCode class, subclass and programming interface
     * @return no BARs, no interrupts
     */
    public static Builder of(int vendorId, int deviceId, int classCode) {
        return new Builder(vendorId, deviceId, classCode);
    }

    /** Collects what a function has. */
    public static final class Builder {
        private final int vendorId;
        private final int deviceId;
        private final int classCode;
        private int revisionId;
        private int subsystemVendorId;
        private int subsystemId;
        private final List<PciBar> bars = new ArrayList<>();
        private final List<PciCapability> capabilities = new ArrayList<>();
        private final List<PciDoorbell> doorbells = new ArrayList<>();
        private int messages;
        private boolean pin;

        private Builder(int vendorId, int deviceId, int classCode) {
            this.vendorId = vendorId;
            this.deviceId = deviceId;
            this.classCode = classCode;
        }

        /**
         * Its revision.
         *
         * @param id the revision; 0 where none is given
         * @return this
         */
        public Builder revision(int id) {
            revisionId = id;
            return this;
        }

        /**
         * Its subsystem.
         *
         * @param vendor the subsystem's vendor
         * @param id the subsystem's identifier
         * @return this
         */
        public Builder subsystem(int vendor, int id) {
            subsystemVendorId = vendor;
            subsystemId = id;
            return this;
        }

        /**
         * One more base address register.
         *
         * @param window the name by which the device serves it
         * @param index which register
         * @param bytes its length
         * @param kind what it decodes
         * @return this
         */
        public Builder bar(String window, int index, long bytes, PciBar.Kind kind) {
            bars.add(new PciBar(window, index, bytes, kind));
            return this;
        }

        /**
         * One more capability.
         *
         * @param capability the capability
         * @return this
         */
        public Builder capability(PciCapability capability) {
            capabilities.add(capability);
            return this;
        }

        /**
         * Message-signalled interrupts.
         *
         * @param vectors how many MSI-X vectors
         * @return this
         */
        public Builder messages(int vectors) {
            messages = vectors;
            return this;
        }

        /**
         * An interrupt pin.
         *
         * @return this
         */
        public Builder pin() {
            pin = true;
            return this;
        }

        /**
         * One more register whose writes are mere signals.
         *
         * @param doorbell the doorbell
         * @return this
         */
        public Builder doorbell(PciDoorbell doorbell) {
            doorbells.add(doorbell);
            return this;
        }

        /**
         * The function.
         *
         * @return what has been collected
         */
        public PciFunction build() {
            return new PciFunction(
                    vendorId,
                    deviceId,
                    revisionId,
                    classCode,
                    subsystemVendorId,
                    subsystemId,
                    bars,
                    capabilities,
                    messages,
                    pin,
                    doorbells);
        }
    }

    /**
     * The register in which a board puts the MSI-X table.
     *
     * @return the highest that no BAR takes, if there is one
     */
    public Optional<Integer> freeBar() {
        return freeBar(bars);
    }

    private static Optional<Integer> freeBar(List<PciBar> bars) {
        int taken = 0;
        for (PciBar bar : bars) {
            int registers = (bar.isWide() ? 3 : 1) << bar.index();
            if ((taken & registers) != 0) {
                throw new IllegalArgumentException("BAR %d (%s) overlaps another".formatted(bar.index(), bar.window()));
            }
            taken |= registers;
        }
        for (int index = REGISTERS - 1; index >= 0; index--) {
            if ((taken & 1 << index) == 0) {
                return Optional.of(index);
            }
        }
        return Optional.empty();
    }

    /**
     * The windows that the device has to serve: those of its BARs, then those of its capabilities.
     *
     * @return their lengths in bytes by name, in this order
     */
    public Map<String, Long> windows() {
        Map<String, Long> windows = new LinkedHashMap<>();
        bars.forEach(bar -> windows.put(bar.window(), bar.bytes()));
        for (PciCapability capability : capabilities) {
            capability.window().ifPresent(name -> windows.put(name, (long) capability.body().length));
        }
        return windows;
    }
}
