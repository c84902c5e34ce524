"""Rules of participation: pure, time is an argument."""
