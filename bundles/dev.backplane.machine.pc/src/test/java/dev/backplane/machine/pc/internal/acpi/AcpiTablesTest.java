package dev.backplane.machine.pc.internal.acpi;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.backplane.api.device.AcpiNode;
import dev.backplane.api.device.Interrupt;
import dev.backplane.api.device.Shape;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.machine.pc.internal.boot.BootMemory;
import dev.backplane.machine.pc.internal.fake.FakeMachine;
import dev.backplane.machine.pc.internal.fake.FakeMemory;
import java.io.File;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AcpiTablesTest {
    private static final List<AttachedDevice> DEVICES = List.of(
            device(
                    "com1",
                    Shape.empty().withPorts("r", 0x3f8, 8).withInterrupt("i", 4).withAcpiId("PNP0501")),
            device(
                    "com2",
                    Shape.empty().withPorts("r", 0x2f8, 8).withInterrupt("i", 3).withAcpiId("PNP0501")),
            device(
                    "rtc",
                    Shape.empty().withPorts("r", 0x70, 2).withInterrupt("i", 8).withAcpiId("PNP0B00")),
            device("hidden", Shape.empty().withPorts("r", 0xf4, 1)),
            device(
                    "disk",
                    new Shape(
                            Shape.empty().withMemory("r", 0xd000_0000L, 0x200).windows(),
                            List.of(
                                    new Interrupt("i", 20, Interrupt.Trigger.LEVEL),
                                    new Interrupt("j", 11, Interrupt.Trigger.LEVEL)),
                            Optional.of("LNRO0005"))),
            device(
                    "far",
                    Shape.empty()
                            .withMemory("r", 1L << 40, 1L << 33)
                            .withPorts("p", 0x1000, 0x400)
                            .withAcpiId("ABCD0001")),
            device(
                    "generation",
                    Shape.empty()
                            .withMemory("g", 0xfed0_0000L, 0x1000)
                            .withAcpiId("ABCD0002")
                            .withAcpiObject("_CID", List.of("VMGENCTR", "VM_Gen_Counter"))
                            .withAcpiObject("ADDR", List.of(0xfed0_0000L, 0L))
                            .withAcpiNotification("c", 10, 0x80)));

    @TempDir
    Path folder;

    private static AttachedDevice device(String id, Shape shape) {
        return new AttachedDevice(id, shape);
    }

    private static Map<String, byte[]> tables(int vcpus, List<AttachedDevice> devices) throws ConfigurationException {
        return tables(Processors.staying(vcpus), devices);
    }

    private static Map<String, byte[]> tables(Processors processors, List<AttachedDevice> devices)
            throws ConfigurationException {
        FakeMemory memory = new FakeMachine(1 << 20).memory();
        long rsdp = AcpiTables.place(new BootMemory(memory), processors, devices);
        assertEquals(0, sum(memory.bytes(rsdp, 20)), "first checksum");
        assertEquals(0, sum(memory.bytes(rsdp, 36)), "extended checksum");
        assertEquals("RSD PTR ", new String(memory.bytes(rsdp, 8), US_ASCII));
        assertEquals(0, rsdp % 16);
        Map<String, byte[]> found = new LinkedHashMap<>();
        byte[] xsdt = table(memory, memory.u64(rsdp + 24), found);
        for (int entry = 36; entry < xsdt.length; entry += 8) {
            table(memory, fields(xsdt).getLong(entry), found);
        }
        ByteBuffer fadt = fields(found.get("FACP"));
        assertEquals(Integer.toUnsignedLong(fadt.getInt(40)), fadt.getLong(140));
        table(memory, fadt.getLong(140), found);
        long facs = Integer.toUnsignedLong(fadt.getInt(36));
        assertEquals(0, facs % 64);
        found.put("FACS", memory.bytes(facs, 64));
        return found;
    }

    private static byte[] table(FakeMemory memory, long address, Map<String, byte[]> found) {
        byte[] table = memory.bytes(address, memory.u32(address + 4));
        String signature = new String(table, 0, 4, US_ASCII);
        assertEquals(0, sum(table), signature + ": checksum");
        found.put(signature, table);
        return table;
    }

    private static int sum(byte[] bytes) {
        int sum = 0;
        for (byte b : bytes) {
            sum += b;
        }
        return sum & 0xff;
    }

    private static ByteBuffer fields(byte[] table) {
        return ByteBuffer.wrap(table).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Test
    void theRootPointerLeadsToAllTablesWithValidChecksums() throws Exception {
        assertEquals(
                List.of("XSDT", "FACP", "APIC", "MCFG", "DSDT", "FACS"),
                new ArrayList<>(tables(2, DEVICES).keySet()));
    }

    @Test
    void theFadtNamesTheFixedHardware() throws Exception {
        ByteBuffer fadt = fields(tables(1, DEVICES).get("FACP"));
        assertEquals(276, fadt.capacity());
        assertEquals(9, fadt.getShort(46));
        assertEquals(0, fadt.getInt(48), "no SMI command port: always ACPI mode");
        assertEquals(0x600, fadt.getInt(56));
        assertEquals(0x604, fadt.getInt(64));
        assertEquals(0x608, fadt.getInt(76));
        assertEquals(4, fadt.get(88));
        assertEquals(2, fadt.get(89));
        assertEquals(4, fadt.get(91));
        assertEquals(0xcf9, fadt.getLong(120));
        assertEquals(6, fadt.get(128));
        assertEquals(0, fadt.getInt(112) >>> 20 & 1, "not hardware-reduced");
        assertEquals(1, fadt.getInt(112) >>> 8 & 1, "32-bit timer");
        assertEquals(0x600, fadt.getLong(152));
        assertEquals(0x604, fadt.getLong(176));
        assertEquals(0x608, fadt.getLong(212));
    }

    @Test
    void bootFlagsFollowFromWhatIsAttached() throws Exception {
        assertEquals(
                0b100101,
                fields(tables(1, List.of(device("a", port("PNP0C09")))).get("FACP"))
                        .getShort(109));
        assertEquals(0b000101, fields(tables(1, DEVICES).get("FACP")).getShort(109));
        assertEquals(
                0b100111,
                fields(tables(1, List.of(device("a", port("PNP0303")))).get("FACP"))
                        .getShort(109));
        assertEquals(0b100100, fields(tables(1, List.of()).get("FACP")).getShort(109));
        Shape vga = Shape.empty().withMemory("frame", 0xa0000, 0x20000);
        assertEquals(
                0b100000,
                fields(tables(1, List.of(device("vga", vga))).get("FACP")).getShort(109));
    }

    private static Shape port(String hid) {
        return Shape.empty().withPorts("r", 0x60, 1).withAcpiId(hid);
    }

    @Test
    void theCenturyRegisterIsNamedOnlyWhereThereIsAClock() throws Exception {
        assertEquals(0x32, tables(1, DEVICES).get("FACP")[108]);
        assertEquals(0, tables(1, List.of()).get("FACP")[108]);
    }

    @Test
    void theMadtListsProcessorsOverridesAndNmi() throws Exception {
        ByteBuffer madt = fields(tables(3, DEVICES).get("APIC"));
        List<String> entries = new ArrayList<>();
        for (int at = 44; at < madt.capacity(); at += madt.get(at + 1)) {
            entries.add(
                    switch (madt.get(at)) {
                        case 0 ->
                            "cpu %d apic %d flags %d"
                                    .formatted(madt.get(at + 2), madt.get(at + 3), madt.getInt(at + 4));
                        case 1 -> "ioapic %x base %d".formatted(madt.getInt(at + 4), madt.getInt(at + 8));
                        case 2 ->
                            "irq %d gsi %d flags %x"
                                    .formatted(madt.get(at + 3), madt.getInt(at + 4), madt.getShort(at + 8));
                        case 4 -> "nmi %x lint %d".formatted(madt.get(at + 2), madt.get(at + 5));
                        default -> "?";
                    });
        }
        assertEquals(
                List.of(
                        "cpu 0 apic 0 flags 1",
                        "cpu 1 apic 1 flags 1",
                        "cpu 2 apic 2 flags 1",
                        "ioapic fec00000 base 0",
                        "irq 0 gsi 2 flags 0",
                        "irq 9 gsi 9 flags d",
                        "irq 11 gsi 11 flags d",
                        "nmi ff lint 1"),
                entries);
    }

    @Test
    void anIdentifierThatIsNoneIsRefusedWithTheDevicesName() {
        for (String hid : List.of("", "pnp0501", "PNP05", "PNP0501X1", "AB\"); evil")) {
            ConfigurationException e =
                    assertThrows(ConfigurationException.class, () -> tables(1, List.of(device("com9", port(hid)))));
            assertTrue(e.getMessage().contains("com9"), e.getMessage());
        }
    }

    @Test
    void namesOfTheBoardsAndNotificationsWithoutAnInterruptAreRefused() {
        Shape shape = Shape.empty().withPorts("r", 0x60, 1).withAcpiId("ABCD0002");
        AcpiNode.Notification lost = new AcpiNode.Notification("none", 0x80);
        for (Shape bad : List.of(
                shape.withAcpiObject("_CRS", 1L),
                new Shape(
                        shape.windows(),
                        List.of(),
                        shape.acpiId(),
                        Optional.empty(),
                        new AcpiNode(List.of(), List.of(lost))))) {
            ConfigurationException e =
                    assertThrows(ConfigurationException.class, () -> tables(1, List.of(device("gen", bad))));
            assertTrue(e.getMessage().startsWith("gen: ACPI n"), e.getMessage());
        }
    }

    @Test
    void asManyProcessorsAsTheBoardTakesFit() throws Exception {
        assertTrue(tables(255, DEVICES).get("DSDT").length > 255 * 20);
        assertTrue(tables(comingAndGoing(1, 255), DEVICES).get("DSDT").length > 255 * 100);
    }

    @Test
    void moreDevicesThanTheTablesHoldAreRefused() {
        List<AttachedDevice> many = new ArrayList<>();
        for (int i = 0; i < 4000; i++) {
            many.add(device("d" + i, port("PNP0501")));
        }
        ConfigurationException e = assertThrows(ConfigurationException.class, () -> tables(1, many));
        assertTrue(e.getMessage().contains("attach fewer devices"), e.getMessage());
    }

    private static Processors comingAndGoing(int present, int possible) {
        return new Processors(Processors.staying(present).present(), possible, true);
    }

    /** ACPI 6.5, 5.2.12.2 and 5.2.9. */
    @Test
    void processorsThatMayComeAreOnlineCapableAndTheFadtNamesTheirEvents() throws Exception {
        Map<String, byte[]> tables = tables(comingAndGoing(2, 4), DEVICES);
        ByteBuffer madt = fields(tables.get("APIC"));
        List<String> flags = new ArrayList<>();
        for (int at = 44; madt.get(at) == 0; at += 8) {
            flags.add(madt.get(at + 3) + ":" + madt.getInt(at + 4));
        }
        assertEquals(List.of("0:1", "1:1", "2:2", "3:2"), flags);
        ByteBuffer fadt = fields(tables.get("FACP"));
        assertEquals(0x610, fadt.getInt(80));
        assertEquals(2, fadt.get(92));
        assertEquals(1, fadt.get(220));
        assertEquals(16, fadt.get(221));
        assertEquals(0x610, fadt.getLong(224));
        assertEquals(276, fadt.capacity());
        assertEquals(0, fields(tables(2, DEVICES).get("FACP")).getInt(80));
    }

    @Test
    void theReferenceCompilerReadsTheMethodsOfProcessors() throws Exception {
        String source = dsdt(comingAndGoing(1, 17));
        for (String expected : List.of(
                "OperationRegion (REGS, SystemIO, 0x0630, One)",
                "Field (REGS, ByteAcc, NoLock, WriteAsZeros)",
                "Return ((PRES * 0x0F))",
                "Notify (C010, 0x03) // Eject Request",
                "EJEC = One",
                "\\_SB.C010.CHCK ()",
                "Method (_E00, 0, Serialized)",
                "0x0610,             // Range Minimum")) {
            assertTrue(source.contains(expected), () -> expected + " is not in:\n" + source);
        }
        // The boot processor stays.
        assertEquals(16, source.split("_EJ0", -1).length - 1);
    }

    private String dsdt(Processors processors) throws Exception {
        Optional<Path> iasl = findOnPath("iasl");
        assumeTrue(iasl.isPresent(), "iasl (package acpica-tools) is not installed");
        for (Map.Entry<String, byte[]> table : tables(processors, DEVICES).entrySet()) {
            String name = table.getKey().toLowerCase();
            Files.write(folder.resolve(name + ".dat"), table.getValue());
            String output = run(iasl.get().toString(), "-d", name + ".dat");
            assertTrue(Files.exists(folder.resolve(name + ".dsl")), output);
            assertTrue(!output.contains("rror") && !output.contains("arning"), output);
        }
        String source = Files.readString(folder.resolve("dsdt.dsl"));
        String compiled = run(iasl.get().toString(), "dsdt.dsl");
        assertTrue(compiled.contains("0 Errors, 0 Warnings"), compiled);
        return source;
    }

    @Test
    void theReferenceCompilerReadsEveryTable() throws Exception {
        String source = dsdt(Processors.staying(2));
        for (String expected : List.of(
                "EisaId (\"PNP0501\")",
                "EisaId (\"PNP0B00\")",
                "\"LNRO0005\"",
                "\"ACPI0007\"",
                "0x03F8,             // Range Minimum",
                "{4}",
                "\"VM_Gen_Counter\"",
                "Name (ADDR, Package (0x02)",
                "0xFED00000,",
                "\"ACPI0013\"",
                "Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive",
                "0x0000000A,",
                "Notify (D009, 0x80)",
                "0x0000010000000000, // Range Minimum")) {
            assertTrue(source.contains(expected), () -> expected + " is not in:\n" + source);
        }
    }

    private static Optional<Path> findOnPath(String program) {
        for (String entry : System.getenv("PATH").split(File.pathSeparator)) {
            Path candidate = Path.of(entry, program);
            if (Files.isExecutable(candidate)) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }

    private String run(String... command) throws Exception {
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), US_ASCII);
        process.waitFor();
        return output;
    }
}
