package dev.backplane.machine.pc.internal.acpi;

import dev.backplane.machine.pc.internal.bus.MemoryMap;

/** The table of interrupt controllers (ACPI 6.5, 5.2.12). */
final class Madt {
    private static final int REVISION = 5;
    private static final int PCAT_COMPAT = 1;
    private static final int LOCAL_APIC = 0;
    private static final int IO_APIC = 1;
    private static final int SOURCE_OVERRIDE = 2;
    private static final int LOCAL_APIC_NMI = 4;
    /** Of a processor that is there. */
    static final int ENABLED = 1;
    /** Of one that may come. */
    private static final int ONLINE_CAPABLE = 1 << 1;

    private static final int ALL_PROCESSORS = 0xff;
    private static final int TIMER = 0;
    private static final int TIMER_INPUT = 2;
    private static final int LEVEL_ACTIVE_HIGH = 0x0d;

    private Madt() {}

    static byte[] build(Processors processors, int levelTriggeredIsaLines) {
        TableWriter table =
                TableWriter.table("APIC", REVISION).u32(MemoryMap.LOCAL_APIC).u32(PCAT_COMPAT);
        for (int cpu = 0; cpu < processors.possible(); cpu++) {
            table.put(localApic(cpu, processors.present().get(cpu) ? ENABLED : ONLINE_CAPABLE));
        }
        table.u8(IO_APIC).u8(12).u8(0).u8(0).u32(MemoryMap.IO_APIC).u32(0);
        override(table, TIMER, TIMER_INPUT, 0);
        for (int line = 0; line < 16; line++) {
            if ((levelTriggeredIsaLines & 1 << line) != 0) {
                override(table, line, line, LEVEL_ACTIVE_HIGH);
            }
        }
        table.u8(LOCAL_APIC_NMI).u8(6).u8(ALL_PROCESSORS).u16(0).u8(1);
        return table.table();
    }

    /** The entry of one processor (5.2.12.2). */
    static byte[] localApic(int cpu, int flags) {
        return new TableWriter().u8(LOCAL_APIC).u8(8).u8(cpu).u8(cpu).u32(flags).bytes();
    }

    private static void override(TableWriter table, int line, int input, int flags) {
        table.u8(SOURCE_OVERRIDE).u8(10).u8(0).u8(line).u32(input).u16(flags);
    }
}
