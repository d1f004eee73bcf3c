package dev.backplane.guest.internal.module;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.guest.internal.FakeModule;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelModulesTest {
    @TempDir
    Path folder;

    @BeforeEach
    void setUp() throws IOException {
        Files.writeString(folder.resolve("modules.builtin"), "kernel/fs/ext4/ext4.ko\nkernel/lib/crc-16.ko\n");
        module("kernel/drivers/virtio.ko", "license=GPL", "depends=virtio_ring");
        module("kernel/drivers/virtio_ring.ko", "depends=");
        module("kernel/drivers/virtio_blk.ko", "alias=virtio:d00000002v*", "depends=virtio,virtio_ring,crc-16");
        module("kernel/net/net-failover.ko", "depends=failover");
        module("kernel/net/failover.ko");
        module("kernel/drivers/virtio_net.ko", "alias=virtio:d00000001v*", "alias=net", "depends=net_failover,virtio");
    }

    private void module(String path, String... strings) throws IOException {
        Path file = folder.resolve(path);
        Files.createDirectories(file.getParent());
        Files.write(file, FakeModule.of(strings));
    }

    private List<String> order(String... wanted) throws IOException {
        return List.copyOf(KernelModules.read(folder).inOrder(List.of(wanted)).keySet());
    }

    @Test
    void whatAModuleNeedsComesBeforeItAndOnceAndWhatIsBuiltInNotAtAll() throws IOException {
        assertEquals(
                List.of(
                        "virtio_ring.ko",
                        "virtio.ko",
                        "virtio_blk.ko",
                        "failover.ko",
                        "net-failover.ko",
                        "virtio_net.ko"),
                order("virtio_blk", "ext4", "virtio_net", "virtio"));
    }

    @Test
    void dependenciesAndAliasesAreWrittenAsModprobeReadsThem() throws IOException {
        KernelModules modules = KernelModules.read(folder);
        assertEquals("""
                kernel/net/failover.ko:
                kernel/net/net-failover.ko: kernel/net/failover.ko
                kernel/drivers/virtio.ko: kernel/drivers/virtio_ring.ko
                kernel/drivers/virtio_blk.ko: kernel/drivers/virtio.ko kernel/drivers/virtio_ring.ko
                kernel/drivers/virtio_net.ko: kernel/drivers/virtio.ko kernel/drivers/virtio_ring.ko \
                kernel/net/net-failover.ko kernel/net/failover.ko
                kernel/drivers/virtio_ring.ko:
                """, new String(modules.dependencies(), StandardCharsets.UTF_8));
        assertEquals("""
                alias virtio:d00000002v* virtio_blk
                alias virtio:d00000001v* virtio_net
                alias net virtio_net
                """, new String(modules.aliases(), StandardCharsets.UTF_8));
    }

    @Test
    void moduleThatIsNotThereIsNamedWithWhoNeedsIt() throws IOException {
        module("a.ko", "depends=b");
        module("b.ko", "depends=virtio,gone");
        assertEquals(
                "the kernel has no module gone, which a, b needs",
                assertThrows(IOException.class, () -> order("a")).getMessage());
    }

    @Test
    void modulesThatNeedEachOtherAreNamed() throws IOException {
        module("a.ko", "depends=b");
        module("b.ko", "depends=a");
        assertEquals(
                "the kernel's modules need each other: a, b",
                assertThrows(IOException.class, () -> order("a")).getMessage());
    }

    @Test
    void whatIsNoModuleIsNamed() throws IOException {
        Files.writeString(folder.resolve("kernel/odd.ko"), "text");
        String message = assertThrows(IOException.class, () -> order("virtio")).getMessage();
        assertEquals("the kernel's module kernel/odd.ko is damaged: it is no 64-bit ELF file", message);
    }

    @Test
    void anyBytesAreReadOrRefused() {
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("KernelModulesTest: -Dbackplane.seed=" + seed);
        Random random = new Random(seed);
        byte[] module = FakeModule.of("depends=virtio,virtio_ring", "alias=x");
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] damaged =
                    Arrays.copyOf(module, random.nextInt(10) == 0 ? random.nextInt(module.length) : module.length);
            for (int n = random.nextInt(4); n >= 0 && damaged.length > 0; n--) {
                damaged[random.nextInt(damaged.length)] = (byte) (random.nextBoolean() ? random.nextInt() : 0xff);
            }
            try {
                assertTrue(ModuleInfo.read(damaged).strings().size() < damaged.length);
            } catch (IOException e) {
                refused++;
            }
        }
        assertTrue(refused > 1000, "refused " + refused);
    }
}
