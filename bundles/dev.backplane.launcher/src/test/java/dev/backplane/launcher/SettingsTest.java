package dev.backplane.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.StringReader;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;

class SettingsTest {
    private static final Path FILE = Path.of("etc/framework.properties");

    @Test
    void levelsAreTakenOutAndTheRestGoesToTheFramework() throws Exception {
        var settings = settings("level = 2\nlevel.dev.backplane.kernel = 3\nfelix.x = a b\n");
        assertEquals(3, settings.levelOf("dev.backplane.kernel"));
        assertEquals(2, settings.levelOf("some.vendor.device"));
        assertEquals(3, settings.highestLevel());
        assertEquals(Map.of("felix.x", "a b"), settings.framework());
    }

    @Test
    void aLevelThatIsNoNumberIsRefusedWithFileAndKey() {
        var failure = assertThrows(LaunchException.class, () -> settings("level.a.b = high\n"));
        assertEquals(FILE + ": level.a.b=high: a start level from 0 to 999 was expected", failure.getMessage());
    }

    private static Settings settings(String text) throws Exception {
        var properties = new Properties();
        properties.load(new StringReader(text));
        return Settings.of(FILE, properties);
    }
}
