package dev.backplane.kernel.internal.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Against a folder with the files of cgroup v2 in it: what is written where, and what errors say. What the host's kernel makes of them is
 * seen in {@link HostGroupsHereTest}.
 */
class HostGroupTest {
    private static final String ADVICE = " (systemd: Delegate=cpu): until then leave the weight at 100";

    @TempDir
    Path mount;

    @TempDir
    Path proc;

    private Path membership;
    private Path own;
    private HostGroup group;

    @BeforeEach
    void anEmptyGroupOfThisProcess() throws IOException {
        membership = Files.writeString(proc.resolve("cgroup"), "4:cpuset:/elsewhere\n0::/service\n");
        own = Files.createDirectory(mount.resolve("service"));
        Files.writeString(mount.resolve("cgroup.controllers"), "cpuset cpu memory\n");
        Files.writeString(own.resolve("cgroup.controllers"), "cpu memory\n");
        group = new HostGroup(mount, membership, "web1");
    }

    private String child(String file) throws IOException {
        return Files.readString(own.resolve("web1").resolve(file));
    }

    private void assertRefused(String why) {
        String text = group.weight(300, List.of(11));
        assertTrue(text.startsWith("weight 300: " + why), text);
        assertTrue(text.endsWith(ADVICE), text);
    }

    @Test
    void theFirstWeightMakesAThreadedGroupBelowTheProcesssOwn() throws IOException {
        assertEquals("", group.weight(300, List.of(11)));

        assertEquals("threaded", child("cgroup.type"));
        assertEquals("+cpu", Files.readString(own.resolve("cgroup.subtree_control")));
        assertEquals("11", child("cgroup.threads"));
        assertEquals("300", child("cpu.weight"));
    }

    @Test
    void threadsThatComeLaterJoinTheGroupAndThoseThatEndLeaveIt() throws IOException {
        assertEquals("", group.weight(300, List.of(11)));

        assertEquals("", group.add(12));
        assertEquals("12", child("cgroup.threads"));

        assertEquals("", group.remove(11));
        assertEquals("11", Files.readString(own.resolve("cgroup.threads")));
    }

    /** A thread begins in the group of the one that has begun it. */
    @Test
    void whatItsThreadsHaveBegunGoesBackBeforeTheGroupEnds() throws IOException {
        assertEquals("", group.weight(300, List.of(11)));
        assertEquals("", group.remove(11));
        Files.writeString(own.resolve("web1/cgroup.threads"), "14\n");
        group.close();

        assertEquals("14", Files.readString(own.resolve("cgroup.threads")));
    }

    @Test
    void aGroupThatNobodyWeightsAnyMoreWeighsAsEverythingElse() throws IOException {
        assertEquals("", group.weight(300, List.of(11)));
        assertEquals("", group.release());

        assertEquals("100", child("cpu.weight"));
    }

    @Test
    void aSchedulerThatOnlyPlacesThreadsDoesNotTakeOverTheWeightOfTheOneBefore() throws IOException {
        Placement placement = new Placement("web1", new HostThreads(null), group);
        placement.add(11);
        assertEquals("", placement.weight("host", 300));
        placement.bind("fair", new BitSet());
        placement.release("host");
        assertEquals("100", child("cpu.weight"));

        assertEquals("", placement.weight("another", 200));
        placement.release("host");
        placement.release("fair");
        assertEquals("200", child("cpu.weight"));
    }

    @Test
    void withoutAWeightThereIsNoGroup() throws IOException {
        assertEquals("", group.add(12));
        assertEquals("", group.release());
        assertEquals("", group.remove(12));
        assertEquals("", group.close());

        assertFalse(Files.exists(own.resolve("web1")));
    }

    @Test
    void aThreadWithoutANumberIsRefusedForItWouldBeWhoeverWrites() {
        String text = group.weight(300, List.of(11, 0));
        assertTrue(text.startsWith("weight 300: this host does not tell the numbers of its threads: "), text);
        assertFalse(Files.exists(own.resolve("web1")));

        assertEquals("", group.weight(300, List.of()));
        assertTrue(group.add(0).startsWith("this host does not tell"), "later");
    }

    @Test
    void aMountWithoutControllersIsRefusedByNameAndLeavesNothing() throws IOException {
        Files.delete(mount.resolve("cgroup.controllers"));

        assertRefused(mount + " is no cgroup v2: it has no cgroup.controllers: ");
        assertFalse(Files.exists(own.resolve("web1")));
    }

    @Test
    void aProcessInGroupsOfTheFirstVersionOnlyIsRefusedByName() throws IOException {
        Files.writeString(membership, "4:cpu,cpuacct:/service\n");

        assertRefused(membership + " names no group of cgroup v2, with 0::");
    }

    @Test
    void aProcessOutsideOfItsNamespaceIsRefused() throws IOException {
        Files.writeString(membership, "0::/../../other\n");

        assertRefused(membership + ": /../../other is outside of what is seen at " + mount);
    }

    @Test
    void aGroupWithoutTheControllerIsRefusedWithThoseThatItHas() throws IOException {
        Files.writeString(own.resolve("cgroup.controllers"), "cpuset memory\n");

        assertRefused(own.resolve("cgroup.controllers") + ": \"cpuset memory\" without cpu: ");
        assertFalse(Files.exists(own.resolve("web1")));
    }

    @Test
    void whatCannotBeWrittenIsNamedWithItsValue() throws IOException {
        Files.createDirectories(own.resolve("web1/cpu.weight"));
        assertRefused("writing 300 to " + own.resolve("web1/cpu.weight") + ": ");
    }

    @Test
    void theFirstErrorIsToldFirstAndWhatWasDoneIsUndone() throws IOException {
        Files.createDirectory(own.resolve("cgroup.subtree_control"));

        String text = group.weight(300, List.of(11));

        assertTrue(
                text.startsWith("weight 300: writing +cpu to " + own.resolve("cgroup.subtree_control") + ": "), text);
        // Files in a group go with it at the host's kernel, and stay here.
        assertTrue(text.contains(" (and then removing " + own.resolve("web1") + ": "), text);
        assertEquals("11", Files.readString(own.resolve("cgroup.threads")), "it is where it was");
    }

    @Test
    void aGroupThatStaysIsTold() {
        assertEquals("", group.weight(300, List.of()));
        String text = group.close();
        assertTrue(text.startsWith("removing " + own.resolve("web1") + ": "), text);
        assertTrue(text.endsWith("remove it with rmdir when the process has ended"), text);
    }
}
