package dev.backplane.itests.inside;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import dev.backplane.api.vm.VmManager;
import dev.backplane.guest.GuestMaker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import javax.inject.Inject;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.BundleContext;

/** The serial plugin is stopped, updated and reinstalled under a Linux that boots and prints. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class SerialReplacementIT {
    private static final int ROUNDS = Integer.getInteger("itests.rounds", 1);
    private static final int LINES = 1500 * ROUNDS;
    private static final Path HANGING = Path.of(
            System.getProperty("fixtures"), "serial-hangs/target/dev.backplane.itests.serial-1.0.0-SNAPSHOT.jar");
    private static final Duration BOOT = Duration.ofMinutes(5);
    private static final Duration MORE = Duration.ofMinutes(3L * ROUNDS);

    @Inject
    private BundleContext context;

    @Inject
    private VmManager vms;

    @Inject
    private GuestMaker guests;

    @Configuration
    public Option[] configuration() {
        return Distribution.with();
    }

    @Test
    public void noByteIsLostDoubledOrReorderedAndNoClassLoaderIsLeftBehind() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        var random = new Random(seed);
        var plugin = new SerialPlugin(context);
        // Both ports are the plugin's: one line through the terminal's, one through the command's.
        String command = """
                i=0
                while [ $i -lt %d ]; do
                    echo "line $i through the port that comes and goes" >/dev/ttyS0
                    echo "record $i"
                    i=$((i + 1))
                done
                """.formatted(LINES);
        // The slower CPU: the faster one may be at its prompt before the plugin has gone twenty times.
        try (var linux = LinuxMachine.define(vms, guests, "replacement", "soft", 2, command)) {
            linux.vm().start(Duration.ZERO);
            int booting = replaceUntil("user space", BOOT, () -> linux.hasPrinted("line 0 "), linux, plugin, random);
            replaceByOneThatHangs(plugin, linux);
            int printing = replaceUntil("end of the command", MORE, linux::commandHasEnded, linux, plugin, random);
            linux.vm().kill("the test is done with it");
            System.out.println(booting + " replacements during the boot, " + printing + " under user space");

            assertArrayEquals("seed " + seed, linux.sent(1), linux.received(1));
            assertArrayEquals("seed " + seed, linux.sent(2), linux.received(2));
            assertEquals(lines("record "), linux.records().output().lines().toList());
            assertEquals(
                    lines("line "),
                    linux.messages()
                            .lines()
                            .filter(line -> line.endsWith(" through the port that comes and goes"))
                            .map(line -> line.substring(0, line.indexOf(" through")))
                            .toList());
            assertTrue("only " + booting + " replacements during the boot", booting >= 20);
            assertTrue("only " + printing + " replacements under user space", printing >= 5);
        }
        assertTrue(plugin.generationsGone() > 10);
        assertEquals(List.of(), plugin.leftOver());
    }

    private static List<String> lines(String prefix) {
        return IntStream.range(0, LINES).mapToObj(i -> prefix + i).toList();
    }

    /** Returns how often it was replaced. */
    private static int replaceUntil(
            String what,
            Duration atMost,
            BooleanSupplier condition,
            LinuxMachine linux,
            SerialPlugin plugin,
            Random random)
            throws Exception {
        var rounds = new AtomicInteger();
        linux.repeatUntil(what, atMost, condition, () -> {
            switch (rounds.getAndIncrement() % 3) {
                case 0 -> {
                    plugin.stop();
                    Thread.sleep(random.nextInt(50));
                    plugin.start();
                }
                case 1 -> plugin.update();
                default -> plugin.reinstall();
            }
            Thread.sleep(random.nextInt(150));
        });
        return rounds.get();
    }

    private static void replaceByOneThatHangs(SerialPlugin plugin, LinuxMachine linux) throws Exception {
        plugin.uninstall();
        var hanging = plugin.install(HANGING);
        int before = linux.received(1).length;
        linux.await("output through the plugin that hangs", BOOT, () -> linux.sent(1).length > before + 200);
        plugin.uninstall(hanging);
        plugin.install();
    }
}
