package dev.backplane.machine.pc.internal.boot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.machine.BootSource;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.machine.pc.internal.Pc1Model;
import dev.backplane.machine.pc.internal.fake.FakeMachine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BootSectorLoaderTest {
    @TempDir
    Path folder;

    private final FakeMachine machine;

    BootSectorLoaderTest() throws ConfigurationException {
        machine = new FakeMachine(1 << 20);
    }

    private VcpuState load(byte[] file) throws Exception {
        Path path = Files.write(folder.resolve("kernel"), file);
        return new Pc1Model().create(machine).load(new BootSource(path, Optional.empty(), "", List.of()));
    }

    private static byte[] sector() {
        byte[] sector = new byte[512];
        sector[0] = (byte) 0xf4;
        sector[510] = 0x55;
        sector[511] = (byte) 0xaa;
        return sector;
    }

    @Test
    void aBootSectorIsEnteredAt7c00InRealMode() throws Exception {
        VcpuState state = load(sector());
        assertArrayEquals(sector(), machine.memory().bytes(0x7c00, 512));
        assertEquals(0x7c00, state.rip());
        assertEquals(0, state.cr0() & 1);
        assertEquals(0, state.segments().get(1).base());
        assertEquals(0x80, state.general()[BootProcessor.RDX]);
        assertEquals(0, machine.memory().openLeases());
    }

    @Test
    void aFileWithoutSignatureIsRefusedWithWhatWasLookedFor() {
        byte[] sector = sector();
        sector[511] = 0;
        ConfigurationException e = assertThrows(ConfigurationException.class, () -> load(sector));
        assertTrue(e.getMessage().contains("55 aa"), e.getMessage());
    }

    @Test
    void theFirstSectorOfALinuxKernelIsNoBootSector() {
        byte[] sector = sector();
        sector[0] = 'M';
        sector[1] = 'Z';
        assertThrows(ConfigurationException.class, () -> load(sector));
    }

    @Test
    void anEmptyFileIsCalledEmpty() {
        ConfigurationException e = assertThrows(ConfigurationException.class, () -> load(new byte[0]));
        assertTrue(e.getMessage().contains("the file is empty"), e.getMessage());
    }

    @Test
    void aFileOfNoKindIsRefusedWithWhatWasLookedFor() {
        ConfigurationException e = assertThrows(ConfigurationException.class, () -> load(new byte[1]));
        assertTrue(e.getMessage().contains("begins with 00,") && e.getMessage().contains("bzImage"), e.getMessage());
    }

    @Test
    void aFileThatIsNotThereIsNamed() {
        BootSource boot = new BootSource(folder.resolve("nowhere"), Optional.empty(), "", List.of());
        ConfigurationException e = assertThrows(
                ConfigurationException.class,
                () -> new Pc1Model().create(machine).load(boot));
        assertTrue(e.getMessage().contains("nowhere") && e.getMessage().contains("no such file"), e.getMessage());
    }
}
