"""Documents of office programs: Word, Excel, PowerPoint, OpenDocument and Rich Text Format."""
