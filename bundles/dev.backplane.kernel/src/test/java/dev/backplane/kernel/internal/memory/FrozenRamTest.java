package dev.backplane.kernel.internal.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.natives.internal.LinuxHost;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FrozenRamTest {
    private static final int PAGE = DirtyPages.PAGE_BYTES;
    private static final int PAGES = 512;
    private static final int BYTES = PAGES * PAGE;

    private final Random random;
    private final String seed;

    FrozenRamTest() {
        long chosen = Long.getLong("backplane.seed", new Random().nextLong());
        random = new Random(chosen);
        seed = "-Dbackplane.seed=" + chosen;
    }

    static Stream<RamBacking.Source> hosts() {
        return Stream.of(new HostRam(new LinuxHost()), new HostRam(null));
    }

    /** A machine's memory and what it must hold. */
    private record Machine(RamBacking ram, byte[] model) {}

    /** Frozen memory, what it must hold, and the machine it came from. */
    private record Frozen(FrozenRam ram, byte[] model, Machine source) {}

    /** A few hundred writes, releases, freezes, clones and ends, each chosen by chance. */
    @ParameterizedTest
    @MethodSource("hosts")
    void machinesAndWhatWasFrozenHoldWhatTheModelHolds(RamBacking.Source host) throws IOException {
        List<Machine> machines = new ArrayList<>();
        List<Frozen> frozen = new ArrayList<>();
        machines.add(new Machine(host.allocate("m0", BYTES), new byte[BYTES]));
        for (int step = 0; step < 600; step++) {
            Machine machine = machines.get(random.nextInt(machines.size()));
            switch (random.nextInt(12)) {
                case 0 -> {
                    FrozenRam taken = machine.ram.freeze();
                    byte[] now = machine.model.clone();
                    for (Frozen earlier : frozen) {
                        if (earlier.source == machine) {
                            checkChanges(taken, now, earlier);
                        }
                    }
                    frozen.add(new Frozen(taken, now, machine));
                }
                case 1 -> {
                    if (!frozen.isEmpty() && machines.size() < 6) {
                        Frozen base = frozen.get(random.nextInt(frozen.size()));
                        machines.add(new Machine(base.ram.back("clone"), base.model.clone()));
                    }
                }
                case 2 -> {
                    if (frozen.size() > 4) {
                        frozen.remove(random.nextInt(frozen.size())).ram.close();
                    } else if (machines.size() > 3) {
                        machines.remove(machine);
                        machine.ram.close();
                    }
                }
                case 3, 4, 5 -> {
                    int from = random.nextInt(PAGES);
                    int count = 1 + random.nextInt(Math.min(PAGES - from, 1 << random.nextInt(8)));
                    if (random.nextBoolean()) {
                        machine.ram.release((long) from * PAGE, (long) count * PAGE);
                    } else {
                        reclaim(machine.ram, (long) from * PAGE, (long) count * PAGE);
                    }
                    Arrays.fill(machine.model, from * PAGE, (from + count) * PAGE, (byte) 0);
                }
                default -> {
                    byte[] bytes = new byte[1 + random.nextInt(3 * PAGE)];
                    random.nextBytes(bytes);
                    int at = random.nextInt(BYTES - bytes.length);
                    MemorySegment.copy(bytes, 0, machine.ram.segment(), ValueLayout.JAVA_BYTE, at, bytes.length);
                    System.arraycopy(bytes, 0, machine.model, at, bytes.length);
                }
            }
            if (step % 20 == 0) {
                check(machines, frozen, step);
            }
        }
        check(machines, frozen, 600);
        for (Frozen each : frozen) {
            each.ram.close();
        }
        check(machines, List.of(), 601);
        machines.forEach(each -> each.ram.close());
    }

    /** What the host holds of a range, and only that. */
    private static void reclaim(RamBacking ram, long offset, long bytes) {
        long behind = offset;
        for (MemoryRun run : ram.held(offset, bytes)) {
            assertTrue(run.offset() >= behind && run.bytes() > 0 && run.end() <= offset + bytes, run::toString);
            behind = run.end();
            ram.release(run.offset(), run.bytes());
        }
    }

    private static void touch(RamBacking ram, int page) {
        ram.segment().set(ValueLayout.JAVA_BYTE, (long) page * PAGE, (byte) 1);
    }

    /** As the host's own bookkeeping has it, also when the memory stands on what others share. */
    @Test
    void memoryThatWasGivenBackIsHeldOnlyWhereItWasTouchedSince() throws IOException {
        try (RamBacking ram = new HostRam(new LinuxHost()).allocate("m", BYTES)) {
            assertEquals(List.of(), ram.held(0, BYTES));
            touch(ram, 3);
            touch(ram, 4);
            touch(ram, 9);
            assertEquals(List.of(new MemoryRun(3 * PAGE, 2 * PAGE), new MemoryRun(9 * PAGE, PAGE)), ram.held(0, BYTES));
            assertEquals(List.of(new MemoryRun(4 * PAGE, PAGE)), ram.held(4 * PAGE, 4 * PAGE));
            reclaim(ram, 0, BYTES);
            assertEquals(List.of(), ram.held(0, BYTES));
            try (FrozenRam frozen = ram.freeze();
                    RamBacking clone = frozen.back("clone")) {
                for (RamBacking each : List.of(ram, clone)) {
                    // Touched pages would stay in what is shared.
                    assertEquals(List.of(new MemoryRun(0, BYTES)), each.held(0, BYTES));
                    reclaim(each, 0, BYTES);
                    assertEquals(List.of(), each.held(0, BYTES));
                    touch(each, 7);
                    assertEquals(List.of(new MemoryRun(7 * PAGE, PAGE)), each.held(0, BYTES));
                    reclaim(each, 0, BYTES);
                    assertEquals(List.of(), each.held(0, BYTES));
                }
                assertEquals(List.of(), frozen.data());
            }
        }
    }

    private void check(List<Machine> machines, List<Frozen> frozen, int step) throws IOException {
        String where = seed + ", step " + step;
        for (Machine each : machines) {
            assertEquals(-1, each.ram.segment().mismatch(MemorySegment.ofArray(each.model)), where);
        }
        for (Frozen each : frozen) {
            assertEquals(-1, each.ram.segment().mismatch(MemorySegment.ofArray(each.model)), where);
            byte[] fromData = new byte[BYTES];
            copy(each.ram, each.ram.data(), fromData);
            assertEquals(-1, Arrays.mismatch(each.model, fromData), where);
        }
    }

    /** What an incremental snapshot holds, over the one before, is the whole. */
    private void checkChanges(FrozenRam now, byte[] expected, Frozen earlier) throws IOException {
        byte[] built = earlier.model.clone();
        copy(now, now.changes(earlier.ram), built);
        assertEquals(-1, Arrays.mismatch(expected, built), seed);
    }

    private static void copy(FrozenRam from, List<MemoryRun> runs, byte[] to) throws IOException {
        long last = -1;
        for (MemoryRun run : runs) {
            assertTrue(run.offset() > last && run.bytes() > 0 && run.end() <= to.length, run.toString());
            last = run.end();
            MemorySegment.copy(
                    from.segment(), ValueLayout.JAVA_BYTE, run.offset(), to, (int) run.offset(), (int) run.bytes());
        }
    }

    /** What lies in a file is used there, is frozen, and is exchanged for the same in memory, with all that was written since. */
    @Test
    void machinesStandOnAFileUntilItIsInMemory(@TempDir Path folder) throws Exception {
        byte[] model = new byte[BYTES];
        random.nextBytes(model);
        Path path = Files.write(folder.resolve("memory"), model);
        MemoryRun head = new MemoryRun(0, BYTES / 4);
        MemoryRun zeros = new MemoryRun(head.end(), BYTES / 4);
        MemoryRun tail = new MemoryRun(zeros.end(), BYTES / 2);
        List<FileRun> runs =
                List.of(new FileRun(head, path, false), new FileRun(zeros, path, true), new FileRun(tail, path, false));
        Arrays.fill(model, (int) zeros.offset(), (int) zeros.end(), (byte) 0);
        HostRam host = new HostRam(new LinuxHost());
        try (FileChannel writer = FileChannel.open(path, StandardOpenOption.WRITE)) {
            assertEquals(Optional.empty(), host.lookAt(BYTES, runs), "somebody writes to it: " + writer);
        }
        FrozenRam files = host.lookAt(BYTES, runs).orElseThrow();
        RamBacking filled = host.allocate("filled", BYTES);
        MemorySegment.copy(model, 0, filled.segment(), ValueLayout.JAVA_BYTE, 0, BYTES);
        FrozenRam same = filled.freeze();
        filled.close();
        List<Machine> machines = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            machines.add(new Machine(files.back("m" + i), model.clone()));
        }
        files.close();
        for (int i = 0; i < 100; i++) {
            Machine machine = machines.get(random.nextInt(machines.size()));
            byte[] bytes = new byte[1 + random.nextInt(3 * PAGE)];
            random.nextBytes(bytes);
            int at = random.nextInt(BYTES - bytes.length);
            MemorySegment.copy(bytes, 0, machine.ram.segment(), ValueLayout.JAVA_BYTE, at, bytes.length);
            System.arraycopy(bytes, 0, machine.model, at, bytes.length);
            int page = random.nextInt(PAGES) * PAGE;
            machine.ram.release(page, PAGE);
            Arrays.fill(machine.model, page, page + PAGE, (byte) 0);
        }
        Frozen frozen = new Frozen(
                machines.getFirst().ram.freeze(), machines.getFirst().model.clone(), machines.getFirst());
        for (Machine machine : machines) {
            machine.ram.moveTo(same);
        }
        same.close();
        // Nobody has the file any more: this would wait otherwise.
        try (FileChannel writer = FileChannel.open(path, StandardOpenOption.WRITE)) {
            writer.truncate(0);
        }
        check(machines, List.of(frozen), 100);
        frozen.ram.close();
        machines.forEach(each -> each.ram.close());
    }

    @Test
    void aFrozenMachineKeepsItsAddressesAndHasNoFileOfItsOwn() throws IOException {
        RamBacking ram = new HostRam(new LinuxHost()).allocate("m", BYTES);
        long address = ram.segment().address();
        assertNotEquals(-1, ram.fileDescriptor());
        ram.segment().set(ValueLayout.JAVA_INT, 0, 42);
        try (FrozenRam frozen = ram.freeze()) {
            assertEquals(address, ram.segment().address());
            assertEquals(42, ram.segment().get(ValueLayout.JAVA_INT, 0));
            assertEquals(-1, ram.fileDescriptor());
            assertEquals(List.of(), frozen.changes(frozen));
            assertThrows(IllegalArgumentException.class, () -> frozen.segment().set(ValueLayout.JAVA_INT, 0, 1));
        }
        ram.close();
    }

    /** By the host's own account of the mapping. */
    @Test
    void whatAMachineOnAFrozenBaseReleasesGoesBackToTheHost() throws IOException {
        RamBacking ram = new HostRam(new LinuxHost()).allocate("m", BYTES);
        ram.segment().fill((byte) 1);
        ram.freeze().close();
        long address = ram.segment().address();
        assertEquals(0, privateBytes(address));
        ram.segment().fill((byte) 2);
        assertEquals(BYTES, privateBytes(address));
        ram.release(16 * PAGE, BYTES - 32 * PAGE);
        assertEquals(32 * PAGE, privateBytes(address));
        assertEquals(0, ram.segment().get(ValueLayout.JAVA_BYTE, 16 * PAGE));
        ram.segment().fill((byte) 3);
        ram.release(16 * PAGE, BYTES - 32 * PAGE);
        assertEquals(32 * PAGE, privateBytes(address));
        ram.close();
    }

    @Test
    void scatteredWritesNeedABoundedNumberOfMappings() throws IOException {
        long bytes = 16L << 20;
        RamBacking ram = new HostRam(new LinuxHost()).allocate("m", bytes);
        ram.freeze().close();
        long before = mappings();
        for (long page = 0; page < bytes; page += 3L * PAGE) {
            ram.segment().set(ValueLayout.JAVA_LONG, page, page);
        }
        try (FrozenRam frozen = ram.freeze()) {
            // The JVM's own come and go meanwhile.
            assertTrue(mappings() - before < 700, mappings() + " mappings, before " + before);
            for (long page = 0; page < bytes; page += PAGE) {
                assertEquals(page % (3 * PAGE) == 0 ? page : 0, frozen.segment().get(ValueLayout.JAVA_LONG, page));
            }
        }
        ram.close();
    }

    @Test
    void pagesAreReleasedAlsoWhereTheProcessMayHaveNoMoreMappings() throws IOException {
        MappingBudget budget = new MappingBudget(20);
        RamBacking first = FileBacking.create(new LinuxHost().memory(), budget, "m", BYTES);
        first.segment().fill((byte) 9);
        try (FrozenRam frozen = first.freeze();
                RamBacking clone = frozen.back("clone")) {
            for (long page = 0; page < BYTES; page += 2L * PAGE) {
                clone.release(page, PAGE);
            }
            assertTrue(!budget.take(2));
            for (long page = 0; page < BYTES; page += PAGE) {
                assertEquals(page % (2 * PAGE) == 0 ? 0 : 9, clone.segment().get(ValueLayout.JAVA_BYTE, page));
            }
        }
        assertTrue(budget.take(20), "what an ended machine had is given back");
        first.close();
    }

    private static long mappings() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.count();
        }
    }

    private static long privateBytes(long address) throws IOException {
        long sum = 0;
        boolean within = false;
        for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
            if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
                long start = Long.parseUnsignedLong(line.substring(0, line.indexOf('-')), 16);
                within = start >= address && start < address + BYTES;
            } else if (within && line.startsWith("Private_Dirty:")) {
                sum += Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
            }
        }
        return sum;
    }
}
