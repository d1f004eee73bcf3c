package dev.backplane.machine.pc.internal.acpi;

import dev.backplane.machine.pc.internal.chip.PowerManagement;
import dev.backplane.machine.pc.internal.chip.ProcessorSlots;
import dev.backplane.machine.pc.internal.chip.ResetControl;
import java.util.List;

/** The table of fixed hardware (ACPI 6.5, 5.2.9): always in ACPI mode, so that nobody looks for system management mode. */
final class Fadt {
    /** The system control interrupt. */
    static final int SCI = 9;

    private static final int REVISION = 6;
    private static final int MINOR = 5;
    private static final int ENTERPRISE_SERVER = 4;
    private static final int EVENT_BYTES = 4;
    private static final int CONTROL_BYTES = 2;
    private static final int TIMER_BYTES = 4;
    private static final int NO_C2 = 0xfff;
    private static final int NO_C3 = 0xfff;
    private static final int CENTURY_REGISTER = 0x32;

    private static final int LEGACY_DEVICES = 1;
    private static final int HAS_8042 = 1 << 1;
    private static final int VGA_NOT_PRESENT = 1 << 2;
    private static final int CMOS_RTC_NOT_PRESENT = 1 << 5;

    private static final int WBINVD = 1;
    private static final int PROC_C1 = 1 << 2;
    private static final int NO_SLEEP_BUTTON = 1 << 5;
    private static final int NO_FIXED_RTC_WAKE = 1 << 6;
    private static final int TMR_VAL_EXT = 1 << 8;
    private static final int RESET_REG_SUP = 1 << 10;

    private static final int PORT_SPACE = 1;
    private static final int BYTE_ACCESS = 1;

    private Fadt() {}

    /** @param events whether there are general-purpose events: those of {@link ProcessorSlots} */
    static byte[] build(long facs, long dsdt, List<AttachedDevice> devices, boolean events) {
        int event = PowerManagement.PORT + PowerManagement.EVENT;
        int control = PowerManagement.PORT + PowerManagement.CONTROL;
        int timer = PowerManagement.PORT + PowerManagement.TIMER;
        boolean clock = devices.stream().anyMatch(device -> device.isOfClass("PNP0B"));
        TableWriter table = TableWriter.table("FACP", REVISION)
                .u32(facs)
                .u32(dsdt)
                .u8(0)
                .u8(ENTERPRISE_SERVER)
                .u16(SCI);
        int noSystemManagementMode = 8;
        table.zeros(noSystemManagementMode);
        table.u32(event).u32(0).u32(control).u32(0).u32(0).u32(timer);
        table.u32(events ? ProcessorSlots.PORT : 0).u32(0);
        table.u8(EVENT_BYTES).u8(CONTROL_BYTES).u8(0).u8(TIMER_BYTES);
        table.u8(events ? ProcessorSlots.EVENT_BYTES : 0).u8(0).u8(0).u8(0);
        table.u16(NO_C2).u16(NO_C3);
        int noFlushNoDutyNoAlarm = 8;
        table.zeros(noFlushNoDutyNoAlarm);
        table.u8(clock ? CENTURY_REGISTER : 0)
                .u16(bootFlags(devices, clock))
                .u8(0)
                .u32(flags());
        port(table, ResetControl.PORT, 1).u8(ResetControl.RESET_VALUE).u16(0).u8(MINOR);
        table.u64(0).u64(dsdt);
        port(table, event, EVENT_BYTES);
        nowhere(table);
        port(table, control, CONTROL_BYTES);
        nowhere(table);
        nowhere(table);
        port(table, timer, TIMER_BYTES);
        if (events) {
            table.u8(PORT_SPACE)
                    .u8(8 * ProcessorSlots.EVENT_BYTES)
                    .u8(0)
                    .u8(BYTE_ACCESS)
                    .u64(ProcessorSlots.PORT);
        } else {
            nowhere(table);
        }
        int noMoreRegisters = 3;
        for (int i = 0; i < noMoreRegisters; i++) {
            nowhere(table);
        }
        return table.u64(0).table();
    }

    /** IAPC_BOOT_ARCH (table 5.11): what a kernel need not look for. */
    private static int bootFlags(List<AttachedDevice> devices, boolean clock) {
        int flags = clock ? 0 : CMOS_RTC_NOT_PRESENT;
        if (devices.stream().anyMatch(device -> device.shape().acpiId().isPresent() && device.hasPorts())) {
            flags |= LEGACY_DEVICES;
        }
        if (devices.stream().anyMatch(device -> device.isOfClass("PNP03"))) {
            flags |= HAS_8042;
        }
        if (devices.stream().noneMatch(AttachedDevice::isVideo)) {
            flags |= VGA_NOT_PRESENT;
        }
        return flags;
    }

    private static int flags() {
        return WBINVD
                | PROC_C1
                | NO_SLEEP_BUTTON
                | NO_FIXED_RTC_WAKE
                | RESET_REG_SUP
                | (PowerManagement.TIMER_BITS == 32 ? TMR_VAL_EXT : 0);
    }

    /** A generic address (5.2.3.2). */
    private static TableWriter port(TableWriter table, int port, int bytes) {
        int access = 1 + Integer.numberOfTrailingZeros(bytes);
        boolean twoRegisters = bytes == EVENT_BYTES && port == PowerManagement.PORT + PowerManagement.EVENT;
        return table.u8(PORT_SPACE)
                .u8(8 * bytes)
                .u8(0)
                .u8(twoRegisters ? 2 : access)
                .u64(port);
    }

    private static void nowhere(TableWriter table) {
        table.zeros(12);
    }
}
