package dev.backplane.itests.inside;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmManager;
import dev.backplane.api.vm.VmSource;
import dev.backplane.api.vm.VmState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.inject.Inject;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;

/** Two machines in one process, one of which misbehaves. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class NeighboursIT {
    /** mov dx, 0x3f8; mov al, '.'; out dx, al; mov cx, 0x4000; loop $; jmp back: a point now and then. */
    private static final String POINTS = "baf803 b02e ee b90040 e2fe ebf6";

    /** lidt of zeros; int3: a triple fault. */
    private static final String TRIPLE_FAULT = "eb06 000000000000 0f011e027c cc";

    /** xor dx, dx; xor ax, ax; again: out dx, ax; inc dx; jmp again: all ports, for ever. */
    private static final String ZEROS = "31d2 31c0 ef 42 ebfc";

    /** The same with mov ax, 0xffff, which resets it again and again. */
    private static final String ONES = "31d2 b8ffff ef 42 ebfc";

    private static final String LOOP = "ebfe";

    /** Protected mode, then ones to 4 bytes at every 16 KiB of all 4 GiB, memory, devices and nothing, for ever. */
    private static final String ONES_IN_ALL_ADDRESSES =
            "eb1e 0000000000000000 ffff0000009bcf00 ffff00000093cf00 1700027c0000"
                    + "fa 0f01161a7c 0f20c0 0c01 0f22c0 ea337c0800 66b81000 8ed8 8ec0 bf00000001"
                    + "b8ffffffff 8907 8b07 81c700400000 ebef";

    private static final Duration STEP = Duration.ofSeconds(60);

    @Inject
    private VmManager vms;

    private Path folder;
    private Vm good;

    @Configuration
    public Option[] configuration() {
        return Distribution.with();
    }

    @Before
    public void start() throws Exception {
        folder = Files.createTempDirectory("neighbours");
        good = run("good", POINTS);
        awaitPoints(5);
    }

    @After
    public void end() throws IOException {
        vms.list().forEach(Vm::remove);
        try (var files = Files.list(folder)) {
            for (var file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    @Test
    public void oneThatShutsDownAgainAndAgain() throws Exception {
        assertUnaffectedBy(TRIPLE_FAULT);
    }

    @Test
    public void oneThatWritesZerosToAllPorts() throws Exception {
        assertUnaffectedBy(ZEROS);
    }

    @Test
    public void oneThatWritesOnesToAllPorts() throws Exception {
        assertUnaffectedBy(ONES);
    }

    @Test
    public void oneThatWritesToAllAddresses() throws Exception {
        assertUnaffectedBy(ONES_IN_ALL_ADDRESSES);
    }

    @Test
    public void oneThatLoopsInRealMode() throws Exception {
        assertUnaffectedBy(LOOP);
    }

    @Test
    public void oneWhoseKernelIsNone() throws Exception {
        Files.write(folder.resolve("bad.bin"), new byte[100]);
        var bad = define("bad");
        try {
            bad.start(Duration.ZERO);
            throw new AssertionError("it started");
        } catch (VmException refused) {
            assertTrue(refused.getMessage(), refused.getMessage().contains("bad.bin"));
        }
        assertEquals(VmState.FAILED, bad.state());
        awaitPoints(5);
    }

    private void assertUnaffectedBy(String code) throws Exception {
        var bad = run("bad", code);
        Thread.sleep(2000);
        awaitPoints(20);
        bad.kill("the test is done with it");
        assertEquals(VmState.STOPPED, bad.state());
        awaitPoints(20);
        assertEquals(VmState.RUNNING, good.state());
        good.pause();
        assertEquals(VmState.PAUSED, good.state());
        good.resume();
        awaitPoints(5);
        good.kill("the test is done with it");
        var outcome = good.outcome().toCompletableFuture().get(60, TimeUnit.SECONDS);
        assertEquals(VmState.STOPPED, outcome.state());
        assertTrue(Files.readString(folder.resolve("good.log")).matches("\\.+"));
    }

    private Vm run(String name, String code) throws Exception {
        byte[] sector = new byte[512];
        byte[] bytes = HexFormat.of().parseHex(code.replace(" ", ""));
        System.arraycopy(bytes, 0, sector, 0, bytes.length);
        sector[510] = 0x55;
        sector[511] = (byte) 0xaa;
        Files.write(folder.resolve(name + ".bin"), sector);
        var vm = define(name);
        vm.start(Duration.ZERO);
        return vm;
    }

    private Vm define(String name) throws Exception {
        String text = """
                name: %1$s
                memory: 16MiB
                boot: {kernel: %1$s.bin}
                devices:
                  - {type: serial-16550, id: com1, console: {type: file, path: %1$s.log}}
                  - {type: rtc-cmos, id: rtc}
                  - {type: i8042-reset, id: i8042}
                """.formatted(name);
        return vms.define(new VmSource(name + ".yaml", text, folder, Map.of()));
    }

    /** Waits for so many more points of the good one. */
    private void awaitPoints(int more) throws Exception {
        Path log = folder.resolve("good.log");
        long before = Files.exists(log) ? Files.size(log) : 0;
        long end = System.nanoTime() + STEP.toNanos();
        while (!Files.exists(log) || Files.size(log) < before + more) {
            assertTrue("no more points: " + good.state() + " " + good.bays(), System.nanoTime() < end);
            Thread.sleep(20);
        }
    }
}
