"""What several commands share: tables laid out, progress shown, a run's plan and end, studies."""
