package dev.backplane.kernel.internal.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a folder with the files of cgroup v2 in it; what the host's kernel makes of them is not seen here. */
class HostGroupTest {
    @TempDir
    Path mount;

    @TempDir
    Path proc;

    private Path membership;
    private Path own;
    private HostGroup group;

    @BeforeEach
    void anEmptyGroupOfThisProcess() throws IOException {
        membership = Files.writeString(proc.resolve("cgroup"), "0::/service\n");
        own = Files.createDirectory(mount.resolve("service"));
        Files.writeString(mount.resolve("cgroup.controllers"), "cpu memory\n");
        group = new HostGroup(mount, membership, "web1");
    }

    @Test
    void theFirstWeightMakesAThreadedGroupBelowTheProcesssOwn() throws IOException {
        assertEquals("", group.weight(300, List.of(11)));

        Path child = own.resolve("web1");
        assertEquals("threaded", Files.readString(child.resolve("cgroup.type")));
        assertEquals("+cpu", Files.readString(own.resolve("cgroup.subtree_control")));
        assertEquals("11", Files.readString(child.resolve("cgroup.threads")));
        assertEquals("300", Files.readString(child.resolve("cpu.weight")));
    }

    @Test
    void aThreadThatComesLaterJoinsTheGroup() throws IOException {
        assertEquals("", group.weight(300, List.of(11)));
        group.add(12);

        assertEquals("12", Files.readString(own.resolve("web1/cgroup.threads")));
    }

    @Test
    void aGroupThatNobodyWeightsAnyMoreWeighsAsEverythingElse() throws IOException {
        assertEquals("", group.weight(300, List.of(11)));
        group.release();

        assertEquals("100", Files.readString(own.resolve("web1/cpu.weight")));
    }

    @Test
    void aMountWithoutControllersIsRefusedByNameAndLeavesNothing() throws IOException {
        Files.delete(mount.resolve("cgroup.controllers"));

        String why = group.weight(300, List.of(11));

        assertTrue(why.startsWith("weight 300: "), why);
        assertTrue(why.endsWith(mount + " is no cgroup v2"), why);
        assertFalse(Files.exists(own.resolve("web1")));
    }

    @Test
    void aProcessInGroupsOfTheFirstVersionOnlyIsRefusedByName() throws IOException {
        Files.writeString(membership, "4:cpu,cpuacct:/service\n");

        String why = group.weight(300, List.of(11));

        assertTrue(why.endsWith(membership + " names no group of cgroup v2"), why);
    }
}
