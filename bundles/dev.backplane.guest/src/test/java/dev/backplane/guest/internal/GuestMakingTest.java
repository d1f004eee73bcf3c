package dev.backplane.guest.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.guest.Guest;
import dev.backplane.guest.GuestException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuestMakingTest {
    private static final List<String> ALL = List.of(
            "download linux-image-cloud-amd64",
            "download linux-image-6.1.0-50-cloud-amd64=6.1.176-1",
            "download busybox-static");

    @TempDir
    Path folder;

    private final List<String> progress = new ArrayList<>();
    private Path cache;
    private Path lists;
    private FakeApt apt;
    private DebianGuestMaker maker;

    @BeforeEach
    void setUp() throws IOException {
        cache = folder.resolve("cache/guest");
        lists = Files.createDirectory(folder.resolve("lists"));
        apt = new FakeApt(folder.resolve("fake"));
        maker = new DebianGuestMaker((where, listener) -> apt.open(lists, where, listener));
    }

    @Test
    void guestIsFetchedOnceAndThenThere() throws Exception {
        apt.withGuest("6.1.0-50");
        Guest guest = make();
        assertEquals("6.1.0-50-cloud-amd64", guest.release());
        assertArrayEquals(FakeApt.kernel(), Files.readAllBytes(guest.kernel()));
        assertEquals(
                "070701",
                Files.readString(guest.initrd(), StandardCharsets.ISO_8859_1).substring(0, 6));
        assertTrue(guest.initrd().getFileName().toString().startsWith("initrd-busybox-1_1.35.0-4-"));
        assertEquals(ALL, apt.calls());
        assertEquals(5, progress.size(), progress.toString());
        progress.clear();

        assertEquals(guest, make());
        assertEquals(List.of(), apt.calls());
        assertEquals(List.of(), progress);
        assertFalse(Files.exists(cache.resolve("work")));
    }

    @Test
    void missingPackageListsAreRefreshedOnce() throws Exception {
        apt.withGuest("6.1.0-50").set("stale");
        make();
        List<String> expected = new ArrayList<>(ALL);
        expected.addAll(0, List.of("download linux-image-cloud-amd64", "update"));
        assertEquals(expected, apt.calls());
        assertTrue(progress.contains("Refreshing the package lists (apt-get update)"), progress.toString());
    }

    @Test
    void listsThatMayNotBeWrittenAreLeftAloneForPrivateOnes() throws Exception {
        apt.withGuest("6.1.0-50").set("stale");
        Files.delete(lists);
        make();
        assertEquals(
                List.of("download linux-image-cloud-amd64", "update", "private"),
                apt.calls().subList(0, 3));
    }

    @Test
    void failureSaysWhatToType() throws Exception {
        apt.withGuest("6.1.0-50").set("stale");
        apt.set("offline");
        String message = assertThrows(GuestException.class, this::make).getMessage();
        assertTrue(message.contains("Unable to locate package linux-image-cloud-amd64"), message);
        assertTrue(message.contains("Failed to fetch http://deb.debian.org"), message);
        assertTrue(message.contains("\n    sudo apt-get update\n"), message);
        assertTrue(message.contains("--kernel FILE --initrd FILE"), message);
        assertFalse(Files.exists(cache.resolve("guest.properties")));
    }

    @Test
    void distributionWithoutTheKernelGetsTheOtherWay() {
        String message = assertThrows(GuestException.class, this::make).getMessage();
        assertTrue(message.contains("Unable to locate package linux-image-cloud-amd64"), message);
        assertTrue(message.contains("--kernel FILE --initrd FILE"), message);
    }

    @Test
    void systemWithoutAptGetGetsTheOtherWay() {
        maker = new DebianGuestMaker(
                (where, listener) -> new AptGet("/nonexistent/apt-get", lists, where.resolve("apt"), listener));
        String message = assertThrows(GuestException.class, this::make).getMessage();
        assertTrue(message.contains("no apt-get on this system"), message);
        assertTrue(message.contains("--kernel FILE --initrd FILE"), message);
    }

    @Test
    void interruptedMakingIsBegunAgainAndKeepsWhatWasWhole() throws Exception {
        apt.withGuest("6.1.0-50");
        Files.delete(folder.resolve("fake/packages/busybox-static"));
        assertThrows(GuestException.class, this::make);
        assertTrue(Files.exists(cache.resolve("vmlinuz-6.1.0-50-cloud-amd64")));
        Files.createDirectories(cache.resolve("work/kernel"));
        Files.writeString(cache.resolve("work/kernel/half.deb.partial"), "half");
        apt.withGuest("6.1.0-50");
        assertEquals("6.1.0-50-cloud-amd64", make().release());
        assertFalse(Files.exists(cache.resolve("work")));
    }

    @Test
    void kernelThatWasRemovedFromTheCacheIsFetchedAgain() throws Exception {
        apt.withGuest("6.1.0-50");
        Files.delete(make().kernel());
        apt.calls();
        assertTrue(Files.exists(make().kernel()));
        assertEquals(ALL.subList(0, 2), apt.calls());
    }

    @Test
    void initramfsOfAnotherRecipeIsMadeWithoutFetching() throws Exception {
        apt.withGuest("6.1.0-50");
        Guest guest = make();
        apt.calls();
        Files.delete(guest.initrd());
        assertEquals(guest, make());
        assertEquals(List.of(), apt.calls());
        assertTrue(progress.contains("Making the initramfs"));
    }

    @Test
    void initramfsThatNobodyUsesGoesWhenAnotherIsMade() throws Exception {
        apt.withGuest("6.1.0-50");
        Guest guest = make();
        Path unused = Files.writeString(cache.resolve("initrd-busybox-1-0123456789ab.cpio"), "old");
        Path another = Files.writeString(cache.resolve("initrd-busybox-1-ba9876543210.cpio"), "of a newer version");
        FileTime longAgo = FileTime.from(Instant.now().minus(Duration.ofDays(31)));
        FileTime made = Files.getLastModifiedTime(guest.initrd());
        times(unused).setTimes(null, longAgo, null);
        times(guest.initrd()).setTimes(null, longAgo, null);
        make();
        assertTrue(
                times(guest.initrd()).readAttributes().lastAccessTime().compareTo(longAgo) > 0, "it was used just now");
        assertEquals(made, Files.getLastModifiedTime(guest.initrd()));
        assertTrue(Files.exists(unused), "nothing was made");
        Files.delete(guest.initrd());
        make();
        assertFalse(Files.exists(unused));
        assertTrue(Files.exists(another));
        assertTrue(Files.exists(guest.initrd()));
    }

    private static BasicFileAttributeView times(Path file) {
        return Files.getFileAttributeView(file, BasicFileAttributeView.class);
    }

    @Test
    void damagedPackageIsNamedAndLeavesNothingBehind() throws Exception {
        apt.withGuest("6.1.0-50");
        Path kernel = folder.resolve("fake/packages/linux-image-6.1.0-50-cloud-amd64=6.1.176-1");
        byte[] bytes = Files.readAllBytes(kernel);
        Files.write(kernel, java.util.Arrays.copyOf(bytes, bytes.length / 2));
        String message = assertThrows(IOException.class, this::make).getMessage();
        assertTrue(message.contains("linux-image-6.1.0-50-cloud-amd64_1%3a1.0_amd64.deb"), message);
        try (Stream<Path> files = Files.list(cache)) {
            assertEquals(
                    List.of("lock"),
                    files.map(file -> file.getFileName().toString()).toList());
        }
    }

    @Test
    void metaPackageThatNamesNoKernelIsRefused() throws Exception {
        apt.put("linux-image-cloud-amd64", "Depends: something (>= 1), else\n");
        String message = assertThrows(GuestException.class, this::make).getMessage();
        assertTrue(message.contains("'something (>= 1), else'"), message);
    }

    @Test
    void commandIsAppendedAtAMultipleOfFour() throws Exception {
        Path initrd = folder.resolve("initrd");
        Files.write(initrd, new byte[1001]);
        Path result = folder.resolve("result");
        String command = "echo 'quoted \" \u00e4'\n".repeat(10_000);
        maker.addCommand(initrd, command, result);
        String text = Files.readString(result, StandardCharsets.ISO_8859_1);
        assertEquals("070701", text.substring(1004, 1010));
        String bytes = new String(command.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        assertTrue(text.contains(bytes + "\n"));
        assertTrue(text.contains("libexec/relay\0"));
    }

    @Test
    void programsAloneAreAWholeArchiveAndOverAnotherComeBehindIt() throws Exception {
        Path alone = folder.resolve("alone");
        maker.addPrograms(null, Map.of("init", new byte[] {'p', 'r', 'o', 'g'}), alone);
        String archive = Files.readString(alone, StandardCharsets.ISO_8859_1);
        assertTrue(archive.matches("(?s)070701.*init\\x00+prog.*TRAILER!!!.*"), archive);
        Path initrd = Files.write(folder.resolve("initrd"), new byte[13]);
        Path result = folder.resolve("result");
        maker.addPrograms(initrd, Map.of("init", new byte[] {'p', 'r', 'o', 'g'}), result);
        assertEquals(
                archive, Files.readString(result, StandardCharsets.ISO_8859_1).substring(16));
    }

    private Guest make() throws IOException {
        return maker.make(cache, progress::add);
    }
}
