package dev.backplane.kernel.internal.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Groups of the host's own kernel, where it lets this process make them. */
@Timeout(60)
class HostGroupsHereTest {
    private static final Path MEMBERSHIP = Path.of("/proc/self/cgroup");
    private static final String NAME =
            "backplane-test-" + ProcessHandle.current().pid();

    private final BlockingQueue<Integer> numbers = new ArrayBlockingQueue<>(1);
    private final CountDownLatch enough = new CountDownLatch(1);
    private Path mount = Path.of("/");
    private Path own = mount;

    @BeforeEach
    void findThem() throws IOException {
        Path mounts = Path.of("/proc/self/mounts");
        mount = Files.isReadable(mounts)
                ? Files.readAllLines(mounts).stream()
                        .map(line -> line.split(" "))
                        .filter(fields -> fields[2].equals("cgroup2"))
                        .map(fields -> Path.of(fields[1]))
                        .findFirst()
                        .orElseGet(() -> skip("no cgroup v2 is mounted"))
                : skip("there are no cgroups");
        String group = Files.readAllLines(MEMBERSHIP).stream()
                .filter(line -> line.startsWith("0::/"))
                .findFirst()
                .orElseThrow();
        own = mount.resolve(group.substring(4));
        if (!Files.isWritable(own)) {
            skip(own + " cannot be written");
        }
    }

    private static Path skip(String why) {
        System.out.println("Skipped: what this host's kernel makes of thread groups: " + why);
        return abort(why);
    }

    @AfterEach
    void letThemEnd() {
        enough.countDown();
    }

    /** A thread that waits. */
    private int thread() throws InterruptedException {
        Thread.ofPlatform().daemon().start(() -> {
            try {
                numbers.add(Integer.valueOf(Files.readSymbolicLink(Path.of("/proc/thread-self"))
                        .getFileName()
                        .toString()));
                enough.await();
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        return numbers.take();
    }

    private List<String> threads() throws IOException {
        return Files.readAllLines(own.resolve(NAME).resolve("cgroup.threads"));
    }

    @Test
    void threadsComeAndGoAndTheEmptyGroupIsRemoved() throws Exception {
        int first = thread();
        int second = thread();
        ThreadedGroup group = ThreadedGroup.make(own, NAME);
        try {
            group.add(first);
            ThreadedGroup again = ThreadedGroup.make(own, NAME);
            again.add(second);
            assertEquals(2, threads().size());
            assertTrue(threads().containsAll(List.of("" + first, "" + second)), "both");
            group.remove(first);
            assertEquals(List.of("" + second), threads());
            String unknown = assertThrows(IOException.class, () -> group.add(Integer.MAX_VALUE))
                    .getMessage();
            assertTrue(
                    unknown.startsWith("writing 2147483647 to " + own.resolve(NAME) + "/cgroup.threads: No such"),
                    unknown);
        } finally {
            // The second goes back with it.
            group.delete();
        }
        assertFalse(Files.exists(own.resolve(NAME)));
        assertTrue(Files.readAllLines(own.resolve("cgroup.threads")).contains("" + second), "where it came from");
    }

    @Test
    void weightsAreSetWhereTheControllerIsDelegatedAndRefusedByNameElsewhere() throws Exception {
        int first = thread();
        HostGroup group = new HostGroup(mount, MEMBERSHIP, NAME);
        String refusal = group.weight(300, List.of(first));
        if (!refusal.isEmpty()) {
            assertTrue(refusal.contains(own.toString()), refusal);
            assertFalse(Files.exists(own.resolve(NAME)), refusal);
            skip(refusal);
        }
        int second = thread();
        assertEquals("", group.add(second));
        assertEquals(
                "300", Files.readString(own.resolve(NAME).resolve("cpu.weight")).strip());
        assertEquals(2, threads().size());
        assertEquals("", group.release());
        assertEquals(
                "100", Files.readString(own.resolve(NAME).resolve("cpu.weight")).strip());
        assertEquals("", group.remove(first));
        assertEquals("", group.remove(second));
        assertEquals("", group.close());
        assertFalse(Files.exists(own.resolve(NAME)));
    }
}
